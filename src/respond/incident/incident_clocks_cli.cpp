// Reading clocks.yaml: content, so as strict as all content is.

#include "edge/cli/content.h"
#include "kernel/json/json.h"
#include "respond/incident/incident_clocks.h"

namespace noroshi::respond::incident {

using edge::cli::Content;

namespace {

template <class Enum>
Result<Enum> one_of(const Content& at, std::string_view field, const std::string& name) {
    Enum value{};
    if (json::from_name(name, value)) return value;
    std::string allowed;
    for (const auto& one : json::names_of<Enum>()) {
        if (!allowed.empty()) allowed += ", ";
        allowed += one;
    }
    return at.wrong(field, "respond.incident.clocks.not_one_of",
                    {{"value", name}, {"allowed", allowed}});
}

Result<Clock> read_clock(const Content& at) {
    TRY(at.only({"id", "who", "to", "what", "what_en", "basis", "basis_en", "effects", "from",
                 "after", "within", "met_by", "in_drills"}));
    Clock clock;
    TRY_LET(clock.id, at.text("id"));
    if (clock.id.empty() ||
        clock.id.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") != std::string::npos)
        return at.wrong("id", "respond.incident.clocks.id", {{"value", clock.id}});
    TRY_LET(const auto who, at.texts("who"));
    if (who.empty()) return at.wrong("who", "edge.cli.content.missing");
    for (const auto& name : who) {
        TRY_LET(const auto kind, one_of<council::OrganisationKind>(at, "who", name));
        clock.who.push_back(kind);
    }
    TRY_LET(const auto to, at.texts("to"));
    for (const auto& name : to) {
        const auto audience = audience_of(name);
        if (!audience) {
            std::string allowed;
            for (const auto one : audience_names) {
                if (!allowed.empty()) allowed += ", ";
                allowed += one;
            }
            return at.wrong("to", "respond.incident.clocks.not_one_of",
                            {{"value", name}, {"allowed", allowed}});
        }
        clock.to.push_back(*audience);
    }
    TRY_LET(clock.what, at.text("what"));
    TRY_LET(clock.what_en, at.text_or("what_en", ""));
    TRY_LET(clock.basis, at.text_or("basis", ""));
    TRY_LET(clock.basis_en, at.text_or("basis_en", ""));
    TRY_LET(const auto effects, at.texts("effects"));
    for (const auto& name : effects) {
        TRY_LET(const auto effect, one_of<Effect>(at, "effects", name));
        clock.effects.push_back(effect);
    }
    TRY_LET(const auto from, at.text_or("from", "began"));
    TRY_LET(clock.from, one_of<ClockStart>(at, "from", from));
    TRY_LET(clock.after, at.text_or("after", ""));
    TRY_LET(const auto within, at.text("within"));
    const auto span = read_span(within);
    if (!span) return at.wrong("within", "respond.incident.clocks.span", {{"value", within}});
    clock.within = *span;
    TRY_LET(const auto met_by, at.text_or("met_by", "told"));
    if (met_by != "told" && met_by != "report" && met_by != "hand")
        return at.wrong("met_by", "respond.incident.clocks.not_one_of",
                        {{"value", met_by}, {"allowed", "told, report, hand"}});
    clock.by_report = met_by == "report";
    clock.by_hand = met_by == "hand";
    if (clock.to.empty() && !clock.by_hand) return at.wrong("to", "edge.cli.content.missing");
    TRY_LET(clock.in_drills, at.flag_or("in_drills", true));
    return clock;
}

}  // namespace

Result<std::vector<Clock>> read_clocks(std::string_view text, std::string file) {
    TRY_LET(const auto root, Content::parse(text, std::move(file)));
    TRY(root.only({"format", "clocks"}));
    TRY_LET(const auto format, root.text("format"));
    if (format != "noroshi-clocks/1")
        return root.wrong("format", "respond.incident.clocks.not_one_of",
                          {{"value", format}, {"allowed", "noroshi-clocks/1"}});
    TRY_LET(const auto items, root.list("clocks"));
    std::vector<Clock> clocks;
    for (const auto& item : items) {
        TRY_LET(auto clock, read_clock(item));
        if (find_clock(clocks, clock.id) != nullptr)
            return item.wrong("id", "respond.incident.clocks.twice", {{"value", clock.id}});
        clocks.push_back(std::move(clock));
    }
    // A clock may wait for one that is written later, but not, over whatever steps, for itself.
    for (std::size_t i = 0; i < clocks.size(); ++i) {
        const Clock* at = &clocks[i];
        for (std::size_t steps = 0; !at->after.empty(); ++steps) {
            const std::string& wanted = at->after;
            at = find_clock(clocks, wanted);
            if (at == nullptr || steps > clocks.size())
                return items[i].wrong("after", "respond.incident.clocks.after",
                                      {{"value", clocks[i].after}});
        }
    }
    return clocks;
}

}  // namespace noroshi::respond::incident
