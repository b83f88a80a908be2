#pragma once
// The control socket of a data directory: DIR/control.sock, readable by its owner only. Verbs such
// as `token create` and `backup` reach the process that holds the directory through it. One line of
// JSON asks, {"verb":"verify","arguments":{…}}, one line answers, {"answer":{…}} or
// {"error":{"kind":…,"key":…,"arguments":{…},"pointer":…}}.

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include "kernel/result.h"

namespace noroshi::edge::cli {

// Verb → JSON arguments in, JSON answer out. Called on the socket's own thread, one at a time.
using Verbs = std::map<std::string, std::function<Result<std::string>(std::string_view)>>;

class Control {
public:
    // Replaces a socket that a dead process left behind; the caller holds the directory's lock.
    // Errors: unavailable edge.cli.control_failed {reason}.
    static Result<std::unique_ptr<Control>> start(const std::string& dir, Verbs verbs);
    ~Control();

private:
    Control(std::string path, int listening, Verbs verbs);
    void serve();
    std::string answer(std::string_view line) const;

    std::string path_;
    int listening_;
    int wake_[2] = {-1, -1};
    Verbs verbs_;
    std::thread thread_;
};

// Error key when no process listens there.
inline constexpr std::string_view nobody_answers = "edge.cli.nobody_answers";

// Asks the process that holds `dir`. Errors: unavailable nobody_answers; the verb's own.
Result<std::string> call(const std::string& dir, std::string_view verb, std::string_view arguments);

}  // namespace noroshi::edge::cli
