#include "respond/notices/notices_public.h"

#include <algorithm>
#include <tuple>

#include "kernel/journal/listen.h"
#include "respond/notices/notices_site.h"

namespace noroshi::respond::notices {

const PublicTerminal* Picture::find(const TerminalId& id) const {
    const auto found = std::ranges::find(terminals, id, &PublicTerminal::id);
    return found == terminals.end() ? nullptr : &*found;
}

namespace {

std::vector<const PublicNotice*> chosen(const Picture& picture, bool current) {
    std::vector<const PublicNotice*> some;
    for (const auto& notice : picture.notices)
        if (notice.is_current() == current) some.push_back(&notice);
    std::ranges::sort(some, [](const PublicNotice* a, const PublicNotice* b) {
        return std::tie(b->latest().published_at, b->id) <
               std::tie(a->latest().published_at, a->id);
    });
    return some;
}

}  // namespace

std::vector<const PublicNotice*> Picture::current() const { return chosen(*this, true); }
std::vector<const PublicNotice*> Picture::ended() const { return chosen(*this, false); }

void publish(Picture& picture, const NoticeId& id, const NoticePublished& fact, Instant at) {
    auto found = std::ranges::find(picture.notices, id, &PublicNotice::id);
    if (found == picture.notices.end()) {
        picture.notices.push_back({id, {}});
        found = picture.notices.end() - 1;
    }
    found->editions.push_back({fact.edition, at, fact.content});

    // The ledger: what was promised for a terminal stands until something else is said of it.
    const auto standing_for = [&](const TerminalId& terminal) -> Promise* {
        for (auto& promise : picture.promises)
            if (promise.notice == id && promise.terminal == terminal &&
                promise.state == PromiseState::standing)
                return &promise;
        return nullptr;
    };
    for (const auto& line : fact.content.terminals) {
        auto* standing = standing_for(line.terminal);
        if (line.service == Service::normal || fact.content.phase == Phase::resolved) {
            if (standing == nullptr) continue;
            standing->ended_at = line.as_of;
            standing->state =
                line.as_of <= standing->promised_for ? PromiseState::kept : PromiseState::late;
            continue;
        }
        if (standing != nullptr && line.restart_at == standing->promised_for) continue;
        if (standing != nullptr) {
            standing->ended_at = at;
            standing->state = !line.restart_at                            ? PromiseState::withdrawn
                              : *line.restart_at > standing->promised_for ? PromiseState::postponed
                                                                          : PromiseState::advanced;
        }
        if (line.restart_at)
            picture.promises.push_back({line.terminal,
                                        id,
                                        fact.edition,
                                        at,
                                        *line.restart_at,
                                        PromiseState::standing,
                                        {}});
    }
    // A terminal that the edition no longer names: nothing holds of what was promised, unless all
    // is over.
    for (auto& promise : picture.promises) {
        if (promise.notice != id || promise.state != PromiseState::standing) continue;
        const bool named = std::ranges::any_of(fact.content.terminals, [&](const auto& line) {
            return line.terminal == promise.terminal;
        });
        if (named) continue;
        promise.ended_at = at;
        promise.state = fact.content.phase != Phase::resolved        ? PromiseState::withdrawn
                        : fact.content.as_of <= promise.promised_for ? PromiseState::kept
                                                                     : PromiseState::late;
    }
}

PublicView::PublicView(const Clock& clock, SiteOptions options)
    : clock_(clock), options_(std::move(options)) {}

void PublicView::attach(journal::Listeners& published) {
    const auto take = [this](auto fact) { hear(fact); };
    journal::listen_live<NoticePublished>(published, take);
    journal::listen_live<DeskOpened>(published, take);
    journal::listen_live<prepare::port::PortNamed>(published, take);
    journal::listen_live<prepare::port::TerminalRegistered>(published, take);
    journal::listen_live<prepare::port::TerminalChanged>(published, take);
    published.on_reset([this] {
        picture_ = {};
        changed();
    });
}

void PublicView::hear(journal::Live<NoticePublished> fact) {
    const auto stream = fact.at.stream;
    publish(picture_, NoticeId{std::string(stream.substr(stream.rfind('/') + 1))}, fact.body,
            fact.at.event_time);
    ++publications_;
    changed();
}
void PublicView::hear(journal::Live<DeskOpened> fact) {
    picture_.desk = fact.body;
    changed();
}
void PublicView::hear(journal::Live<prepare::port::PortNamed> fact) {
    picture_.port = fact.body.name;
    picture_.port_en = fact.body.name_en;
    changed();
}

template <class Fact>
void PublicView::put_terminal(const Fact& fact) {
    PublicTerminal terminal{fact.terminal, fact.code, fact.name, fact.name_en};
    const auto found = std::ranges::find(picture_.terminals, terminal.id, &PublicTerminal::id);
    if (found == picture_.terminals.end())
        picture_.terminals.push_back(std::move(terminal));
    else
        *found = std::move(terminal);
    std::ranges::sort(picture_.terminals, [](const auto& a, const auto& b) {
        return std::tie(a.code, a.name, a.id.text) < std::tie(b.code, b.name, b.id.text);
    });
    changed();
}
void PublicView::hear(journal::Live<prepare::port::TerminalRegistered> fact) {
    put_terminal(fact.body);
}
void PublicView::hear(journal::Live<prepare::port::TerminalChanged> fact) {
    put_terminal(fact.body);
}

void PublicView::changed() {
    ++changes_;
    if (told_) told_();
}

std::shared_ptr<const SiteFiles> PublicView::site() const {
    const Instant now = clock_.now();
    const auto minute = std::chrono::floor<std::chrono::minutes>(now).time_since_epoch().count();
    const auto change = changes_.load();
    auto shown = shown_.load();
    if (shown && shown->change == change && shown->minute == minute) return shown->files;
    // One renders; whoever comes meanwhile is given what there was, a minute old at most. After a
    // publication everybody waits for the new page.
    std::unique_lock lock(rendering_, std::defer_lock);
    if (shown && shown->change == change) {
        if (!lock.try_lock()) return shown->files;
    } else {
        lock.lock();
    }
    shown = shown_.load();
    if (shown && shown->change == change && shown->minute == minute) return shown->files;
    auto fresh = std::make_shared<const Shown>(
        Shown{change, minute, std::make_shared<const SiteFiles>(render(picture_, options_, now))});
    shown_.store(fresh);
    return fresh->files;
}

SiteFiles PublicView::copy() const {
    auto options = options_;
    const Instant now = clock_.now();
    options.copied_at = now;
    return render(picture_, options, now);
}

void PublicView::set_public_url(std::string url) {
    while (url.ends_with('/')) url.pop_back();
    options_.public_url = std::move(url);
}

}  // namespace noroshi::respond::notices
