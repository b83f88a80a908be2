#pragma once
// Expected failures travel as values. A Result<T> holds a T or an Error; an Error has one of six
// closed kinds, a message-catalogue key with arguments (so that people read it in their language),
// and, where a field of the input is to blame, a JSON pointer to it (RFC 6901).
//
// Each kind has one HTTP status and one exit code:
//
//   invalid 400/2   forbidden 403/3   not_found 404/4   conflict 409/5   unavailable 503/6   corrupt 500/7

#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace noroshi {

enum class ErrorKind { invalid, forbidden, not_found, conflict, unavailable, corrupt };

// Arguments of a catalogue message, by name: {"name", "北埠頭"} fills {name}.
using Arguments = std::vector<std::pair<std::string, std::string>>;

struct Error {
    ErrorKind kind = ErrorKind::invalid;
    std::string key;  // e.g. "respond.incident.title_missing"
    Arguments arguments;
    std::string pointer;  // e.g. "/effects/2"; empty when no field is to blame
};

int http_status_of(ErrorKind kind);
int exit_code_of(ErrorKind kind);
std::string_view name_of(ErrorKind kind);

template <class T = void>
using Result = std::expected<T, Error>;

[[nodiscard]] inline std::unexpected<Error> fail(ErrorKind kind, std::string key,
                                                 Arguments arguments = {},
                                                 std::string pointer = {}) {
    return std::unexpected(Error{kind, std::move(key), std::move(arguments), std::move(pointer)});
}
[[nodiscard]] inline std::unexpected<Error> invalid(std::string key, std::string pointer,
                                                    Arguments arguments = {}) {
    return fail(ErrorKind::invalid, std::move(key), std::move(arguments), std::move(pointer));
}

// For a log or an exit message when no catalogue is at hand: "invalid: key (name=value) at /pointer".
std::string describe(const Error& error);

namespace detail {
[[noreturn]] void assertion_failed(const char* condition, const char* file, int line);
}

}  // namespace noroshi

// TRY(check(x));  passes an Error on.   TRY_LET(auto incident, find(id));  binds the value or passes on.
#define TRY(expression)                                                           \
    do {                                                                          \
        auto try_result_ = (expression);                                          \
        if (!try_result_) return std::unexpected(std::move(try_result_).error()); \
    } while (false)
#define NOROSHI_JOIN_(a, b) a##b
#define NOROSHI_JOIN(a, b) NOROSHI_JOIN_(a, b)
#define TRY_LET_(holder, declaration, expression)                   \
    auto holder = (expression);                                     \
    if (!holder) return std::unexpected(std::move(holder).error()); \
    declaration = std::move(*holder)
#define TRY_LET(declaration, ...) \
    TRY_LET_(NOROSHI_JOIN(try_held_, __COUNTER__), declaration, (__VA_ARGS__))

// Our own bug: on in release too. Stop, restart, replay.
#define ASSERT(condition)                                                        \
    do {                                                                         \
        if (!(condition)) [[unlikely]]                                           \
            ::noroshi::detail::assertion_failed(#condition, __FILE__, __LINE__); \
    } while (false)
