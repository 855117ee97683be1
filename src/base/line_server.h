// LineServer: a unix domain stream socket that answers lines, for processes of the same user on
// the same machine. ask_line() is the other side.
//
// Nothing a client does costs the process more than the bounds below: a client has to bring a
// whole line, and to take its answer, within `patience`; one that is silent, sends more than
// `line_bytes_max`, or goes away loses its connection. One thread of ordinary priority (also when
// the process has a real-time one) serves all clients, several requests of one in their order.
//
// Threads: the handler runs on the server's thread; reply() is for any thread.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/nanos.h"
#include "base/result.h"

namespace takt {

struct LineServerOptions {
  size_t line_bytes_max = 128 << 10;
  size_t clients_max = 16;            // more wait to be accepted
  Nanos patience = seconds(5);
};

class LineServer {
 public:
  using Client = uint64_t;            // who asked; never used twice
  // Gets a line without its newline; one that is too long is cut after line_bytes_max + 1 bytes.
  // Each line has to be answered by one reply(), now or later; the handler must not block. It may
  // be called before create() has returned and until the destructor has.
  using Handler = std::function<void(LineServer& server, Client client, std::string line)>;

  // Listens at `path` with mode 0600. A socket there that nobody listens to is replaced.
  // kUsage: a path that is too long, or where a file or another process's socket is; kFailed:
  // what the OS said.
  static Result<std::unique_ptr<LineServer>> create(const std::string& path, Handler handler,
                                                    const LineServerOptions& options = {});
  ~LineServer();                      // the socket's file is gone afterwards
  LineServer(const LineServer&) = delete;
  LineServer& operator=(const LineServer&) = delete;

  // `answer` must not contain a newline; one is added. A client that has gone is no error.
  void reply(Client client, std::string answer);

  const std::string& path() const { return path_; }

 private:
  struct Connection {
    int fd = -1;
    Client id = 0;
    std::string received, to_send;
    bool asked = false;               // a line is with the handler
    bool last = false;                // closed after the answer
    Nanos deadline;                   // to bring a line, or to take the answer
  };
  struct Reply {
    Client client = 0;
    std::string answer;
  };

  LineServer(std::string path, Handler handler, const LineServerOptions& options);
  Status listen();
  void serve();
  void accept_clients(Nanos now);
  void take_replies(Nanos now);
  void attend(Connection& connection, short events, Nanos now);
  void receive(Connection& connection);
  void send(Connection& connection, Nanos now);
  void hand_over(Connection& connection);
  void close(Connection& connection);
  Nanos next_deadline() const;

  const std::string path_;
  const Handler handler_;
  const LineServerOptions options_;
  int listener_ = -1;
  int wake_ = -1;                     // eventfd: a reply, or the end
  ino_t inode_ = 0;                   // of the socket's file

  // Of the server's thread.
  std::vector<Connection> connections_;
  Client last_client_ = 0;
  Nanos no_accept_before_;            // after an accept() that the OS refused

  std::mutex mutex_;                  // guards what follows
  std::vector<Reply> replies_;
  bool ending_ = false;

  std::thread thread_;
};

// A longer answer is given up by ask_line().
inline constexpr size_t kAnswerBytesMax = 4 << 20;

// Sends `line` (a newline is added) to the socket at `path` and gives its answer. kUsage: nobody
// listens there; kFailed: no answer within `patience`, or the connection broke.
Result<std::string> ask_line(const std::string& path, const std::string& line, Nanos patience);

// Whether a process listens at `path`.
bool is_listening(const std::string& path);

}  // namespace takt
