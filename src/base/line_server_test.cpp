// The line server against clients that behave and clients that do not.
#include "base/line_server.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <latch>

#include "base/rng.h"
#include "base/unix_address.h"

namespace takt {
namespace {

using ::testing::HasSubstr;

void silent(LineServer&, LineServer::Client, const std::string&) {}

class LineServerTest : public ::testing::Test {
 protected:
  LineServerTest() {
    char name[] = "/tmp/takt_line_XXXXXX";
    dir_ = ::mkdtemp(name);
    path_ = dir_ + "/s.sock";
  }
  ~LineServerTest() override {
    server_.reset();
    EXPECT_EQ(::rmdir(dir_.c_str()), 0) << "something was left in " << dir_;
  }

  // Answers "you said <line>", with the length of a long one.
  void serve(const LineServerOptions& options = {}) {
    auto server = LineServer::create(
        path_,
        [this](LineServer& server, LineServer::Client client, std::string line) {
          ++asked_;
          server.reply(client, line.size() < 100 ? "you said " + line
                                                 : std::to_string(line.size()) + " bytes");
        },
        options);
    ASSERT_TRUE(server.ok()) << server.error().message;
    server_ = std::move(*server);
  }

  int connect() const {
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_un address = *unix_address(path_);
    EXPECT_EQ(::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    return fd;
  }

  static void send(int fd, const std::string& bytes) {
    EXPECT_EQ(::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
  }

  // Everything until the server closes.
  static std::string read_all(int fd) {
    std::string all;
    char bytes[4096];
    for (ssize_t count = 0; (count = ::recv(fd, bytes, sizeof bytes, 0)) > 0;)
      all.append(bytes, static_cast<size_t>(count));
    return all;
  }

  void expect_served() const {
    const auto answer = ask_line(path_, "hello", seconds(60));
    ASSERT_TRUE(answer.ok()) << answer.error().message;
    EXPECT_EQ(*answer, "you said hello");
  }

  std::string dir_, path_;
  std::atomic<int> asked_{0};
  std::unique_ptr<LineServer> server_;
};

TEST_F(LineServerTest, Answers) {
  serve();
  expect_served();
  expect_served();
  EXPECT_TRUE(is_listening(path_));
}

TEST_F(LineServerTest, OnlyItsUserMayOpenIt) {
  serve();
  struct stat made = {};
  ASSERT_EQ(::lstat(path_.c_str(), &made), 0);
  EXPECT_TRUE(S_ISSOCK(made.st_mode));
  EXPECT_EQ(made.st_mode & 0777, 0600u);
}

TEST_F(LineServerTest, SeveralLinesOfOneClientInTheirOrder) {
  serve();
  const int fd = connect();
  send(fd, "one\ntwo\nthr");
  send(fd, "ee\n");
  ::shutdown(fd, SHUT_WR);
  EXPECT_EQ(read_all(fd), "you said one\nyou said two\nyou said three\n");
  ::close(fd);
}

TEST_F(LineServerTest, AClientThatSaysNothingIsSentAway) {
  LineServerOptions options;
  options.patience = millis(20);
  serve(options);
  const int silent = connect();
  const int half = connect();
  send(half, "a request without an end");
  EXPECT_EQ(read_all(silent), "");
  EXPECT_EQ(read_all(half), "");
  EXPECT_EQ(asked_, 0);
  ::close(silent);
  ::close(half);
}

TEST_F(LineServerTest, SilentClientsDoNotKeepOthersOut) {
  LineServerOptions options;
  options.patience = millis(20);
  options.clients_max = 2;
  serve(options);
  std::vector<int> silent;
  for (int i = 0; i < 5; ++i) silent.push_back(connect());
  expect_served();
  for (const int fd : silent) ::close(fd);
}

TEST_F(LineServerTest, AMegabyteIsCutAndEndsTheConnection) {
  serve();
  const int fd = connect();
  const std::string chunk(64 << 10, 'x');
  for (int i = 0; i < 16; ++i)
    if (::send(fd, chunk.data(), chunk.size(), MSG_NOSIGNAL) < 0) break;
  read_all(fd);   // ends, with or without the answer: the connection is broken off
  EXPECT_LE(asked_, 1);
  ::close(fd);
  expect_served();
}

TEST_F(LineServerTest, ALineOfTheGreatestLengthIsWhole) {
  serve();
  const auto fits = ask_line(path_, std::string(LineServerOptions{}.line_bytes_max, 'x'),
                             seconds(60));
  ASSERT_TRUE(fits.ok()) << fits.error().message;
  EXPECT_EQ(*fits, std::to_string(LineServerOptions{}.line_bytes_max) + " bytes");
}

TEST_F(LineServerTest, ClientsThatGoAwayAreForgotten) {
  serve();
  for (int i = 0; i < 100; ++i) {
    const int fd = connect();
    if (i % 3 != 0) send(fd, i % 3 == 1 ? "half" : "whole\n");
    ::close(fd);
  }
  expect_served();
}

TEST_F(LineServerTest, AnAnswerMayComeLaterAndFromAnotherThread) {
  std::latch asked(1);
  std::atomic<LineServer::Client> first{0};
  const auto answer_quick = [&](LineServer& server, LineServer::Client client,
                                const std::string& line) {
    if (line == "quick") return server.reply(client, "done");
    first = client;
    asked.count_down();
  };
  auto server = LineServer::create(path_, answer_quick);
  ASSERT_TRUE(server.ok());
  server_ = std::move(*server);
  std::string slow_answer;
  std::thread slow([&] { slow_answer = *ask_line(path_, "slow", seconds(60)); });
  asked.wait();
  EXPECT_EQ(*ask_line(path_, "quick", seconds(60)), "done");
  server_->reply(first, "at last");
  slow.join();
  EXPECT_EQ(slow_answer, "at last");
  server_->reply(first, "once more");   // to nobody
}

TEST_F(LineServerTest, AWaitForAnAnswerEnds) {
  auto server = LineServer::create(path_, silent);
  ASSERT_TRUE(server.ok());
  server_ = std::move(*server);
  const auto answer = ask_line(path_, "anybody?", millis(30));
  ASSERT_FALSE(answer.ok());
  EXPECT_THAT(answer.error().message, HasSubstr("no answer in time"));
  server_.reset();   // with a client that still waits
  EXPECT_THAT(ask_line(path_, "anybody?", millis(30)).error().message,
              HasSubstr("no mission listens"));
}

TEST_F(LineServerTest, ASocketThatNobodyListensToIsReplaced) {
  const int dead = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_un address = *unix_address(path_);
  ASSERT_EQ(::bind(dead, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  ::close(dead);
  EXPECT_FALSE(is_listening(path_));
  serve();
  expect_served();
}

TEST_F(LineServerTest, WhatIsNotOursIsNotReplaced) {
  serve();
  const auto second = LineServer::create(path_, silent);
  ASSERT_FALSE(second.ok());
  EXPECT_THAT(second.error().message, HasSubstr("another process listens"));
  expect_served();

  const std::string file = dir_ + "/file";
  std::ofstream(file) << "precious";
  const auto on_file = LineServer::create(file, silent);
  ASSERT_FALSE(on_file.ok());
  EXPECT_THAT(on_file.error().message, HasSubstr("no socket"));
  EXPECT_EQ(::unlink(file.c_str()), 0);

  const auto nowhere = LineServer::create(dir_ + "/no/s", silent);
  EXPECT_FALSE(nowhere.ok());
  const auto too_long =
      LineServer::create(dir_ + std::string(120, 'x'), silent);
  ASSERT_FALSE(too_long.ok());
  EXPECT_THAT(too_long.error().message, HasSubstr("107 bytes"));
}

// Many clients at once that send whole lines, halves, garbage, or leave: whoever asked properly
// gets the answer to what he asked.
TEST_F(LineServerTest, AStormOfClients) {
  const uint64_t seed = 20261124;
  serve();
  std::atomic<int> right{0}, expected{0};
  std::vector<std::thread> clients;
  for (uint64_t t = 0; t < 4; ++t)
    clients.emplace_back([&, t] {
      Rng rng(seed + t);
      for (int i = 0; i < 100; ++i) {
        const std::string word = std::to_string(rng.next());
        if (rng.below(2) == 0) {
          ++expected;
          const auto answer = ask_line(path_, word, seconds(60));
          right += answer.ok() && *answer == "you said " + word;
        } else {
          const int fd = connect();
          std::string garbage(rng.below(5000), '\0');
          for (char& c : garbage) c = static_cast<char>(rng.below(256));
          static_cast<void>(!::send(fd, garbage.data(), garbage.size(), MSG_NOSIGNAL));
          ::close(fd);
        }
      }
    });
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(right, expected) << "seed " << seed;
}

}  // namespace
}  // namespace takt
