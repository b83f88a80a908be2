#include "prepare/port/port_self_check.h"

#include <algorithm>
#include <set>

#include "kernel/i18n/i18n.h"

namespace noroshi::prepare::port {

void add_users_of_tos(SelfCheck& check, const Register& systems, const State& port,
                      const council::State& council, Language language) {
    using Answer = SelfCheckAnswer;
    const auto say = [&](const std::string& key, const std::string& owner = {}) {
        return i18n::text(language, "prepare.port." + key, {{"owner", owner}});
    };
    for (auto& item : check.items) {
        bool owns = false;
        std::set<OrganisationId> owners;
        for (const auto* system : systems.systems()) {
            const auto& body = system->body;
            if (body.functions.empty()) continue;
            const bool operates = std::ranges::any_of(body.terminals, [&](const TerminalId& one) {
                const auto* terminal = port.find(one);
                return terminal != nullptr && terminal->operator_ == item.organisation;
            });
            if (body.owner == item.organisation)
                owns = true;
            else if (operates)
                owners.insert(body.owner);
        }
        const auto part = std::ranges::find(item.parts, "operator", &AppliesItem::part);
        if (owners.empty() || part == item.parts.end()) continue;
        std::string names;
        for (const auto& owner : owners)
            names +=
                (names.empty() ? "" : say("reason.list_comma")) + council.name_of(owner, language);
        if (!owns) {
            const Answer said =
                systems.answer_of(item.organisation, SelfCheckQuestion::operates_for_others);
            part->applies = said == Answer::yes ? Answer::yes : Answer::no;
            part->reason = say(said == Answer::yes  ? "reason.operates_anothers_tos"
                               : said == Answer::no ? "reason.uses_anothers_tos"
                                                    : "reason.uses_anothers_tos_asked",
                               names);
            part->question = SelfCheckQuestion::operates_for_others;
        }
        item.parts.insert(std::next(part), {"tos_user",
                                            Answer::yes,
                                            say("part.tos_user"),
                                            say("reason.uses_anothers_tos_too", names),
                                            {}});
    }
}

}  // namespace noroshi::prepare::port
