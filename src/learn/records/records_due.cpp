#include "learn/records/records_due.h"

#include "kernel/journal/due.h"
#include "kernel/journal/record_classes.h"
#include "kernel/json/json.h"
#include "learn/records/records_facts.h"
#include "prepare/council/council_facts.h"
#include "respond/incident/incident_facts.h"

namespace noroshi::learn::records {

namespace {

using journal::RecordClass;

RecordClass class_of(const journal::Fact& fact) {
    if (!fact.exercise.empty()) return RecordClass::drill;
    return journal::class_of(fact.kind).value_or(RecordClass::incident);
}

}  // namespace

void Inventory::add(const journal::Fact& fact) {
    auto& seen = records_[{std::string(journal::retention_of(class_of(fact)).name), fact.stream}];
    if (seen.facts == 0) {
        seen.first = fact.entry_time;
        seen.exercise = fact.exercise;
    }
    ++seen.facts;
    if (fact.body.empty()) ++seen.disposed;
    seen.last = fact.entry_time;
    using namespace respond::incident;
    if (fact.kind == IncidentClosed::kind || fact.kind == prepare::council::PersonErased::kind)
        seen.ended = true;
    if (fact.kind == IncidentReopened::kind) seen.ended = false;
    if (fact.kind == HoldPlaced::kind) {
        HoldPlaced body;
        if (json::read_fact(fact.body, body, nullptr))
            holds_[body.hold] = {std::move(body.record), std::move(body.reason)};
    } else if (fact.kind == HoldLifted::kind) {
        HoldLifted body;
        if (json::read_fact(fact.body, body, nullptr)) holds_.erase(body.hold);
    }
}

std::vector<RecordItem> Inventory::items(Instant now) const {
    std::map<std::string, std::string> held;
    for (const auto& [id, hold] : holds_) held.emplace(hold.first, hold.second);
    std::vector<RecordItem> out;
    for (const auto& [key, seen] : records_) {
        const auto& [name, stream] = key;
        const auto years = journal::retention_of(*journal::class_named(name)).years;
        // Who and what is there now was written down once and holds until it ends; what says that
        // something was disposed of stays for ever.
        const bool lasts = name == "membership" || name == "contacts" || name == "port" ||
                           stream.starts_with("respond/incident/");
        const bool in_use = (lasts && !seen.ended) || stream.starts_with("kernel/journal/") ||
                            stream.starts_with("learn/records/");
        RecordItem item{stream,     name,          seen.exercise,
                        seen.facts, seen.disposed, seen.first,
                        seen.last,  years,         journal::kept_until(seen.last, years, zone_),
                        in_use,     false,         {}};
        if (const auto found = held.find(stream); found != held.end()) item.hold = found->second;
        // What is gone needs no second disposal.
        item.due = item.kept_until <= now && !in_use && !item.hold && seen.disposed < seen.facts;
        out.push_back(std::move(item));
    }
    return out;
}

Result<std::vector<RecordItem>> take_stock(store::Reader& reader, const std::string& zone,
                                           Instant now) {
    Inventory inventory(zone);
    TRY(reader.facts(1, [&](const journal::Fact& fact) {
        inventory.add(fact);
        return true;
    }));
    return inventory.items(now);
}

}  // namespace noroshi::learn::records
