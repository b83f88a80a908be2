// What happened, folded: the same on the pending and on the published side.

#include <algorithm>

#include "kernel/journal/listen.h"
#include "respond/notices/notices.h"

namespace noroshi::respond::notices {

namespace {

std::string_view id_in(std::string_view stream) { return stream.substr(stream.rfind('/') + 1); }

bool same_lines(const Content& before, const Content& after) {
    return before.terminals == after.terminals;
}

}  // namespace

void State::attach(journal::Listeners& side) {
    using journal::Envelope;
    using journal::World;
    const auto at = [this](const Envelope& envelope) -> Notice* {
        const auto found = notices_.find(NoticeId{std::string(id_in(envelope.stream))});
        if (found == notices_.end()) return nullptr;
        found->second.version = envelope.stream_version;
        return &found->second;
    };
    journal::listen_any<NoticeDrafted>(
        side, [this](World world, const NoticeDrafted& fact, const Envelope& envelope) {
            const NoticeId id{std::string(id_in(envelope.stream))};
            auto [found, fresh] = notices_.try_emplace(id);
            auto& notice = found->second;
            if (fresh) {
                notice.id = id;
                notice.world = std::move(world);
                notice.incident = fact.incident;
                order_.push_back(id);
            }
            notice.version = envelope.stream_version;
            notice.visibility = envelope.visibility;
            notice.organisation = fact.organisation;
            // An operator has agreed to what it wrote itself, and to what has not changed since.
            if (!notice.draft || !same_lines(*notice.draft, fact.content)) notice.agreed.clear();
            notice.agreed.insert(fact.organisation);
            notice.draft = fact.content;
            notice.drafted_at = envelope.event_time;
            notice.returned.clear();
            const auto wrote = [&](const PersonId& author) {
                if (std::ranges::find(notice.authors, author) == notice.authors.end())
                    notice.authors.push_back(author);
            };
            wrote(PersonId{std::string(envelope.actor)});
            for (const auto& one : fact.taken) {
                wrote(one.by);
                notice.taken.push_back(one);
            }
        });
    journal::listen_any<DraftReturned>(
        side, [at](const World&, const DraftReturned& fact, const Envelope& envelope) {
            if (auto* notice = at(envelope)) notice->returned = fact.reason;
        });
    journal::listen_any<DraftAgreed>(
        side, [at](const World&, const DraftAgreed& fact, const Envelope& envelope) {
            if (auto* notice = at(envelope)) notice->agreed.insert(fact.organisation);
        });
    journal::listen_any<HoldPlaced>(
        side, [at](const World&, const HoldPlaced& fact, const Envelope& envelope) {
            if (auto* notice = at(envelope)) notice->hold = fact.reason;
        });
    journal::listen_any<HoldLifted>(
        side, [at](const World&, const HoldLifted& fact, const Envelope& envelope) {
            if (auto* notice = at(envelope)) {
                notice->hold.clear();
                notice->consulted = fact.consulted;
            }
        });
    journal::listen_any<NoticePublished>(
        side, [at](const World&, const NoticePublished& fact, const Envelope& envelope) {
            auto* notice = at(envelope);
            if (notice == nullptr) return;
            notice->editions.push_back(
                {fact, envelope.event_time, PersonId{std::string(envelope.actor)}});
            notice->draft.reset();
            notice->authors.clear();
            notice->agreed.clear();
            notice->returned.clear();
        });
    journal::listen_live<SpokespersonsNamed>(side, [this](journal::Live<SpokespersonsNamed> fact) {
        spokespersons_ = fact.body.spokespersons;
        desk_version_ = fact.at.stream_version;
    });
    journal::listen_live<DeskOpened>(side, [this](journal::Live<DeskOpened> fact) {
        desk_ = fact.body;
        desk_version_ = fact.at.stream_version;
    });
    journal::listen_live<RolesDivided>(side, [this](journal::Live<RolesDivided> fact) {
        divided_[fact.body.terminal] = fact.body.operators;
        desk_version_ = fact.at.stream_version;
    });
    side.on_reset([this] {
        notices_.clear();
        order_.clear();
        spokespersons_.clear();
        desk_.reset();
        divided_.clear();
        desk_version_ = 0;
    });
}

const State::Notice* State::find(const NoticeId& id) const {
    const auto found = notices_.find(id);
    return found == notices_.end() ? nullptr : &found->second;
}

std::vector<const State::Notice*> State::notices() const {
    std::vector<const Notice*> all;
    for (auto at = order_.rbegin(); at != order_.rend(); ++at) all.push_back(find(*at));
    return all;
}

std::vector<Topic> State::topics_of_operator(const TerminalId& terminal) const {
    const auto found = divided_.find(terminal);
    return found == divided_.end() ? std::vector<Topic>{} : found->second;
}

}  // namespace noroshi::respond::notices
