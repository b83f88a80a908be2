#pragma once
// The static copy of the public page: written at every publication and every few minutes, so that
// its age is known, into a directory and to other hosts. A thread of its own; what fails is said in
// the log and tried again after a few seconds, then after longer and longer ones.

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "edge/courier/site_copy.h"
#include "kernel/journal/journal.h"
#include "respond/notices/notices_public.h"

namespace noroshi::app {

class PublicCopy {
public:
    PublicCopy(journal::Journal& journal, const respond::notices::PublicView& view,
               std::string directory, std::vector<edge::courier::CopyTarget> targets)
        : journal_(journal), view_(view), directory_(std::move(directory)),
          targets_(std::move(targets)) {}

    void changed();  // thread-safe; returns at once
    void start();
    void stop();   // after the turn under way
    bool write();  // one turn; whether all of it went well

    static constexpr std::chrono::seconds every = std::chrono::minutes(5);
    static constexpr std::chrono::seconds first_retry{5};

private:
    journal::Journal& journal_;
    const respond::notices::PublicView& view_;
    std::string directory_;
    std::vector<edge::courier::CopyTarget> targets_;
    std::mutex guard_;
    std::condition_variable_any wake_;
    bool due_ = true;
    std::jthread thread_;
};

}  // namespace noroshi::app
