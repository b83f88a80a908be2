#pragma once
// For tests only: a PostgreSQL server.

#include <array>
#include <cstdlib>
#include <string>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace noroshi::store {

// The house's script, held open by a `cat` until our end of its standard input closes.
class PostgresForTests {
public:
    PostgresForTests() {
        std::array<int, 2> in{};
        std::array<int, 2> out{};
        if (::pipe2(in.data(), O_CLOEXEC) != 0 || ::pipe2(out.data(), O_CLOEXEC) != 0) return;
        const char* script = "tools/with_postgres.sh";
        child_ = ::fork();
        if (child_ == 0) {
            ::dup2(in[0], 0);
            ::dup2(out[1], 1);
            ::execl(script, script, "sh", "-c", "echo \"$NOROSHI_TEST_POSTGRES\"; cat >/dev/null",
                    nullptr);
            ::_exit(127);
        }
        ::close(in[0]);
        ::close(out[1]);
        hold_ = in[1];
        char letter = 0;
        while (::read(out[0], &letter, 1) == 1 && letter != '\n') target_ += letter;
        ::close(out[0]);
    }
    ~PostgresForTests() {
        ::close(hold_);
        ::waitpid(child_, nullptr, 0);
    }
    PostgresForTests(const PostgresForTests&) = delete;
    PostgresForTests& operator=(const PostgresForTests&) = delete;
    const std::string& target() const { return target_; }

private:
    pid_t child_ = -1;
    int hold_ = -1;
    std::string target_;
};

// A server's libpq connection string: the house's (NOROSHI_TEST_POSTGRES, see
// tools/with_postgres.sh), else one started for this program, which must run in the source folder.
// Empty if neither is possible: then a test of PostgreSQL fails rather than being skipped.
inline std::string postgres_for_tests() {
    if (const char* given = std::getenv("NOROSHI_TEST_POSTGRES")) return given;
    static const PostgresForTests server;
    return server.target();
}

}  // namespace noroshi::store
