#include "app/public_copy.h"

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
        while (!stop.stop_requested()) {
            {
                std::unique_lock lock(guard_);
                wake_.wait_for(lock, stop, every, [this] { return due_; });
                due_ = false;
            }
            if (!stop.stop_requested()) write();
        }
    });
}

void PublicCopy::stop() { thread_ = {}; }

void PublicCopy::write() {
    const auto site = journal_.read([&] { return view_.copy(); });
    std::vector<edge::courier::CopiedFile> files;
    for (const auto& [path, file] : site) files.push_back({path, file.content_type, *file.body});
    const auto say = [](const Result<>& result) {
        if (!result) spdlog::error("{}", i18n::text(Language::en, result.error()));
    };
    say(edge::courier::copy_into(directory_, files));
    for (const auto& target : targets_) say(edge::courier::push_to(target, files));
}

}  // namespace noroshi::app
