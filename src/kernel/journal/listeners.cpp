#include "kernel/journal/listeners.h"

namespace noroshi::journal {

Envelope envelope_of(const Fact& fact, std::shared_ptr<const Visibility> visibility) {
    return Envelope{fact.sequence,   fact.stream,     fact.stream_version, fact.actor,
                    fact.event_time, fact.entry_time, fact.exercise,       std::move(visibility)};
}

void Kinds::declare(std::string_view kind, Decode decode) {
    decoders_.try_emplace(std::string(kind), std::move(decode));
}

const Kinds::Decode* Kinds::find(std::string_view kind) const {
    auto found = decoders_.find(kind);
    return found == decoders_.end() ? nullptr : &found->second;
}

void Listeners::add(std::string_view kind, bool live, bool drill, Hear hear) {
    by_kind_[std::string(kind)].push_back(One{live, drill, std::move(hear)});
}

void Listeners::tell(const Fact& fact, const std::shared_ptr<const Visibility>& visibility,
                     const void* body) const {
    if (body == nullptr) return;
    const auto found = by_kind_.find(fact.kind);
    if (found == by_kind_.end()) return;
    const Envelope at = envelope_of(fact, visibility);
    const bool live = at.exercise.empty();
    for (const auto& one : found->second)
        if (live ? one.live : one.drill) one.hear(body, at);
}

void Listeners::reset() const {
    for (const auto& reset : resets_) reset();
}

}  // namespace noroshi::journal
