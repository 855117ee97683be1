// The takt program: finds the command in the table and runs it.
#include <cstdio>

int main() {
  std::puts("takt");
  return 0;
}
