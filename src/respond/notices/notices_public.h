#pragma once
// What the public may know, folded from live facts and from nothing else: there is no way in for a
// fact of an exercise, by type (the assertion below), not by a check somebody could forget.
//
// The picture is rendered into the files of a site (notices_site.h) when somebody asks after a
// publication or a minute later, because "in 20 minutes" grows old; everybody else is given the
// finished bytes. It lies in memory: while the database is stopped, the page goes on being served.

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/journal/journal.h"
#include "prepare/port/port_facts.h"
#include "respond/notices/notices_facts.h"

namespace noroshi::respond::notices {

// How a promised restart ended. Nothing is ever taken out of the history.
enum class PromiseState { standing, postponed, advanced, withdrawn, kept, late };
BOOST_DESCRIBE_ENUM(PromiseState, standing, postponed, advanced, withdrawn, kept, late)

struct Promise {
    TerminalId terminal;
    NoticeId notice;
    std::uint32_t edition = 0;
    Instant announced_at;
    Instant promised_for;
    PromiseState state = PromiseState::standing;
    std::optional<Instant> ended_at;  // when it was replaced, withdrawn or the terminal ran again
};

struct PublicEdition {
    std::uint32_t number = 0;
    Instant published_at;
    Content content;
};
struct PublicNotice {
    NoticeId id;
    std::vector<PublicEdition> editions;  // oldest first, never empty
    const PublicEdition& latest() const { return editions.back(); }
    bool is_current() const { return latest().content.phase != Phase::resolved; }
};
struct PublicTerminal {
    TerminalId id;
    std::string code;
    std::string name;
    std::string name_en;
};

struct Picture {
    std::string port;
    std::string port_en;
    std::vector<PublicTerminal> terminals;  // by code, then name
    std::vector<PublicNotice> notices;      // in the order in which they began
    std::vector<Promise> promises;          // in the order in which they were announced
    std::optional<DeskOpened> desk;

    const PublicTerminal* find(const TerminalId& id) const;
    std::vector<const PublicNotice*> current() const;  // last published first
    std::vector<const PublicNotice*> ended() const;    // last ended first
};

// Publishing, as it changes the picture; pure.
void publish(Picture& picture, const NoticeId& id, const NoticePublished& fact, Instant at);

// One file of the site. Immutable once made.
struct SiteFile {
    std::string content_type;
    std::string etag;
    std::shared_ptr<const std::string> body;
};
using SiteFiles = std::map<std::string, SiteFile, std::less<>>;  // by path: "/feed.atom"

struct SiteOptions {
    std::string zone = "Asia/Tokyo";
    std::string sender = "noroshi@localhost";
    std::string public_url;            // without a slash at the end
    std::string seed;                  // of stable identifiers, this installation's
    std::optional<Instant> copied_at;  // of a static copy, which says its age
};

class PublicView {
public:
    PublicView(const Clock& clock, SiteOptions options);

    void attach(journal::Listeners& published);
    void hear(journal::Live<NoticePublished> fact);
    void hear(journal::Live<DeskOpened> fact);
    void hear(journal::Live<prepare::port::PortNamed> fact);
    void hear(journal::Live<prepare::port::TerminalRegistered> fact);
    void hear(journal::Live<prepare::port::TerminalChanged> fact);

    // Thread-safe, under Journal::read.
    std::shared_ptr<const SiteFiles> site() const;
    const Picture& picture() const { return picture_; }
    SiteFiles copy() const;  // the same files as a static copy made now
    std::uint64_t publications() const { return publications_.load(); }
    // Told after something changed, on the journal's thread; before the journal runs.
    void on_change(std::function<void()> told) { told_ = std::move(told); }

    void set_public_url(std::string url);  // before anybody asks
    const SiteOptions& options() const { return options_; }

private:
    struct Shown {
        std::uint64_t change = 0;
        std::int64_t minute = 0;
        std::shared_ptr<const SiteFiles> files;
    };
    void changed();
    template <class Fact>
    void put_terminal(const Fact& fact);

    const Clock& clock_;
    SiteOptions options_;
    Picture picture_;
    std::atomic<std::uint64_t> publications_ = 0;
    std::atomic<std::uint64_t> changes_ = 1;
    std::function<void()> told_;
    mutable std::mutex rendering_;
    mutable std::atomic<std::shared_ptr<const Shown>> shown_;
};

template <class Fact>
concept Public = requires(PublicView& view, Fact fact) { view.hear(fact); };
static_assert(Public<journal::Live<NoticePublished>> && Public<journal::Live<DeskOpened>>);
static_assert(!Public<journal::Drill<NoticePublished>> && !Public<journal::Drill<DeskOpened>>,
              "a drill can never reach the public page");
static_assert(!Public<journal::Live<NoticeDrafted>>, "a draft is not public");

}  // namespace noroshi::respond::notices
