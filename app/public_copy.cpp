#include "app/public_copy.h"

#include <algorithm>
#include <optional>

#include <spdlog/spdlog.h>

#include "kernel/i18n/i18n.h"

namespace noroshi::app {

void PublicCopy::changed() {
    std::lock_guard lock(guard_);
    due_ = true;
    wake_.notify_one();
}

void PublicCopy::start() {
    thread_ = std::jthread([this](const std::stop_token& stop) {
        std::optional<std::chrono::seconds> again;
        while (!stop.stop_requested()) {
            {
                std::unique_lock lock(guard_);
                wake_.wait_for(lock, stop, again.value_or(every), [this] { return due_; });
                due_ = false;
            }
            if (stop.stop_requested()) return;
            if (write())
                again.reset();
            else
                again = again ? std::min(*again * 2, every) : first_retry;
        }
    });
}

void PublicCopy::stop() { thread_ = {}; }

bool PublicCopy::write() {
    const auto site = journal_.read([&] { return view_.copy(); });
    std::vector<edge::courier::CopiedFile> files;
    for (const auto& [path, file] : site) files.push_back({path, file.content_type, *file.body});
    bool whole = true;
    const auto say = [&](const Result<>& result) {
        whole = whole && result;
        if (!result) spdlog::error("{}", i18n::text(Language::en, result.error()));
    };
    say(edge::courier::copy_into(directory_, files));
    for (const auto& target : targets_) say(edge::courier::push_to(target, files));
    return whole;
}

}  // namespace noroshi::app
