// A flow is checked as a graph of organisations: arrows between people of two organisations are arrows
// between these, because an organisation that hears through one person passes on through another. At
// sixty organisations the plainest algorithms are quick enough: taking out each organisation in turn
// and walking again costs nodes × arrows, some hundred thousand steps.

#include "prepare/contacts/contacts_scheme.h"

#include <algorithm>
#include <deque>
#include <map>
#include <set>
#include <tuple>

#include "kernel/i18n/line.h"

namespace noroshi::prepare::contacts {

namespace {

constexpr std::size_t most_flows = 20;
constexpr std::size_t most_tells = 2'000;

struct Graph {
    std::vector<OrganisationId> nodes;  // sorted
    std::vector<std::vector<std::size_t>> out;
    std::vector<std::size_t> begins;

    std::size_t at(const OrganisationId& organisation) const {
        return static_cast<std::size_t>(std::ranges::lower_bound(nodes, organisation) -
                                        nodes.begin());
    }
};

std::vector<OrganisationId> audience_of(const Flow& flow,
                                        const std::vector<OrganisationId>& listed) {
    auto out = flow.audience.empty() ? listed : flow.audience;
    std::ranges::sort(out);
    out.erase(std::ranges::unique(out).begin(), out.end());
    return out;
}

Graph graph_of(const Flow& flow, const std::vector<OrganisationId>& audience) {
    std::set<OrganisationId> all(audience.begin(), audience.end());
    for (const auto& party : flow.begins_at) all.insert(party.organisation);
    for (const auto& one : flow.tells) {
        all.insert(one.from.organisation);
        all.insert(one.to.organisation);
    }
    Graph graph;
    graph.nodes.assign(all.begin(), all.end());
    std::vector<std::set<std::size_t>> out(graph.nodes.size());
    for (const auto& one : flow.tells)
        if (one.from.organisation != one.to.organisation)
            out[graph.at(one.from.organisation)].insert(graph.at(one.to.organisation));
    for (const auto& targets : out) graph.out.emplace_back(targets.begin(), targets.end());
    std::set<std::size_t> begins;
    for (const auto& party : flow.begins_at) begins.insert(graph.at(party.organisation));
    graph.begins.assign(begins.begin(), begins.end());
    return graph;
}

// Hops from the beginnings; -1: not reached. `without` is taken out.
std::vector<int> walk(const Graph& graph, std::size_t without) {
    std::vector<int> hops(graph.nodes.size(), -1);
    std::deque<std::size_t> waiting;
    for (const auto begin : graph.begins)
        if (begin != without) {
            hops[begin] = 0;
            waiting.push_back(begin);
        }
    while (!waiting.empty()) {
        const auto here = waiting.front();
        waiting.pop_front();
        for (const auto next : graph.out[here])
            if (next != without && hops[next] < 0) {
                hops[next] = hops[here] + 1;
                waiting.push_back(next);
            }
    }
    return hops;
}
constexpr auto nobody = static_cast<std::size_t>(-1);

// One shortest way round through each organisation that is on a loop, each loop told once.
std::vector<std::vector<std::size_t>> loops_of(const Graph& graph) {
    std::vector<std::vector<std::size_t>> out;
    std::vector<bool> told(graph.nodes.size(), false);
    for (std::size_t start = 0; start < graph.nodes.size(); ++start) {
        if (told[start]) continue;
        std::vector<std::size_t> before(graph.nodes.size(), nobody);
        std::deque<std::size_t> waiting{start};
        bool closed = false;
        while (!waiting.empty() && !closed) {
            const auto here = waiting.front();
            waiting.pop_front();
            for (const auto next : graph.out[here]) {
                if (next == start) {
                    std::vector<std::size_t> loop;
                    for (auto one = here; one != start; one = before[one]) loop.push_back(one);
                    loop.push_back(start);
                    std::ranges::reverse(loop);
                    for (const auto one : loop) told[one] = true;
                    out.push_back(std::move(loop));
                    closed = true;
                    break;
                }
                if (before[next] == nobody) {
                    before[next] = here;
                    waiting.push_back(next);
                }
            }
        }
    }
    return out;
}

const Reach* find(const std::vector<Reach>& reach, const OrganisationId& organisation) {
    const auto found = std::ranges::find(reach, organisation, &Reach::organisation);
    return found == reach.end() ? nullptr : &*found;
}

// The people that an arrow means: one, or all of the organisation.
std::vector<const Reach::Person*> people_of(const std::vector<Reach>& reach, const Party& party) {
    std::vector<const Reach::Person*> out;
    if (const auto* at = find(reach, party.organisation))
        for (const auto& person : at->people)
            if (!party.person || *party.person == person.person) out.push_back(&person);
    return out;
}

void check_arrows(std::vector<Hole>& out, const Flow& flow, const std::vector<Reach>& reach) {
    for (const auto& one : flow.tells) {
        const auto people = people_of(reach, one.to);
        if (one.channels.empty() || people.empty()) continue;
        const bool possible = std::ranges::any_of(people, [&](const Reach::Person* person) {
            return std::ranges::any_of(one.channels, [&](Channel channel) {
                return std::ranges::find(person->channels, channel) != person->channels.end();
            });
        });
        if (!possible)
            out.push_back({HoleKind::no_channel,
                           flow.flow,
                           one.from.organisation,
                           one.to.person,
                           {one.to.organisation}});
    }
}

void check_people(std::vector<Hole>& out, const Flow& flow, const Graph& graph,
                  const std::vector<Reach>& reach) {
    for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
        const auto* at = find(reach, graph.nodes[i]);
        if (at == nullptr || at->people.empty())
            out.push_back({HoleKind::nobody_there, flow.flow, graph.nodes[i]});
        else if (at->people.size() == 1 && !graph.out[i].empty())
            out.push_back(
                {HoleKind::single_person, flow.flow, graph.nodes[i], at->people.front().person});
    }
}

}  // namespace

std::vector<Reach> reach_of(const State& state, const std::vector<Flow>& flows, Instant now) {
    std::set<OrganisationId> all;
    for (const auto& organisation : state.organisations_with_list()) all.insert(organisation);
    for (const auto& flow : flows) {
        for (const auto& party : flow.begins_at) all.insert(party.organisation);
        all.insert(flow.audience.begin(), flow.audience.end());
        for (const auto& one : flow.tells) {
            all.insert(one.from.organisation);
            all.insert(one.to.organisation);
        }
    }
    std::vector<Reach> out;
    for (const auto& organisation : all) {
        Reach reach{organisation, {}};
        for (const auto& line : state.call_order(organisation, now)) {
            const auto* contact = state.find(line.person);
            if (contact == nullptr) continue;
            Reach::Person person{line.person, {}};
            for (const auto channel :
                 {Channel::email, Channel::sms, Channel::voice, Channel::chat, Channel::push})
                if (!address_in(*contact, channel).empty()) person.channels.push_back(channel);
            if (!person.channels.empty()) reach.people.push_back(std::move(person));
        }
        out.push_back(std::move(reach));
    }
    return out;
}

std::vector<Told> told_in(const Flow& flow, const std::vector<OrganisationId>& listed) {
    const auto graph = graph_of(flow, audience_of(flow, listed));
    const auto hops = walk(graph, nobody);
    std::vector<Told> out;
    for (std::size_t i = 0; i < graph.nodes.size(); ++i) out.push_back({graph.nodes[i], hops[i]});
    return out;
}

std::vector<Hole> holes_of(const std::vector<Flow>& flows, const std::vector<Reach>& reach,
                           const std::vector<OrganisationId>& listed) {
    std::vector<Hole> all;
    for (const auto& flow : flows) {
        std::vector<Hole> out;
        const auto audience = audience_of(flow, listed);
        const auto graph = graph_of(flow, audience);
        const auto names = [&](const std::vector<std::size_t>& indices) {
            std::vector<OrganisationId> ids;
            for (const auto index : indices) ids.push_back(graph.nodes[index]);
            return ids;
        };
        if (graph.begins.empty()) out.push_back({HoleKind::begins_nowhere, flow.flow});
        const auto hops = walk(graph, nobody);
        for (const auto& organisation : audience)
            if (hops[graph.at(organisation)] < 0)
                out.push_back({HoleKind::never_told, flow.flow, organisation});
        for (std::size_t i = 0; i < graph.nodes.size(); ++i)
            if (hops[i] > flow.most_hops)
                out.push_back({HoleKind::too_long, flow.flow, graph.nodes[i], {}, {}, hops[i]});
        for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
            // Where it can begin at one place only, that place is no finding.
            if (graph.out[i].empty() || hops[i] < 0 || (graph.begins.size() == 1 && hops[i] == 0))
                continue;
            const auto without = walk(graph, i);
            std::vector<std::size_t> cut;
            for (const auto& organisation : audience)
                if (const auto at = graph.at(organisation);
                    at != i && hops[at] >= 0 && without[at] < 0)
                    cut.push_back(at);
            if (!cut.empty())
                out.push_back({HoleKind::single_point, flow.flow, graph.nodes[i], {}, names(cut)});
        }
        for (const auto& loop : loops_of(graph))
            out.push_back({HoleKind::loop, flow.flow, graph.nodes[loop.front()], {}, names(loop)});
        check_people(out, flow, graph, reach);
        check_arrows(out, flow, reach);
        std::ranges::sort(out, {}, [](const Hole& hole) {
            return std::tuple(hole.kind, hole.organisation, hole.cut_off);
        });
        all.insert(all.end(), out.begin(), out.end());
    }
    return all;
}

Result<SchemeChanged> change_scheme(const council::State& council, const std::vector<Flow>& flows) {
    if (flows.size() > most_flows)
        return invalid("prepare.contacts.too_many_flows", "/flows",
                       {{"most", std::to_string(most_flows)}});
    const auto check = [&](const Party& party, const std::string& pointer) -> Result<> {
        if (council.find(party.organisation) == nullptr)
            return invalid("prepare.contacts.unknown_organisation", pointer + "/organisation");
        if (!party.person) return {};
        const auto* person = council.find(*party.person);
        if (person == nullptr || person->erased)
            return invalid("prepare.contacts.unknown_person", pointer + "/person");
        if (std::ranges::find(person->roles, party.organisation, &RoleIn::organisation) ==
            person->roles.end())
            return invalid("prepare.contacts.not_of_organisation", pointer + "/person",
                           {{"name", person->name}});
        return {};
    };
    SchemeChanged fact{flows};
    std::set<std::string> ids;
    for (std::size_t i = 0; i < flows.size(); ++i) {
        auto& flow = fact.flows[i];
        const auto here = "/flows/" + std::to_string(i);
        if (flow.flow.empty() || flow.flow.size() > 40 ||
            flow.flow.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") !=
                std::string::npos)
            return invalid("prepare.contacts.bad_flow_id", here + "/flow");
        if (!ids.insert(flow.flow).second)
            return invalid("prepare.contacts.flow_twice", here + "/flow");
        TRY_LET(flow.name, i18n::line(flow.name, 100, here + "/name"));
        TRY_LET(flow.name_en,
                i18n::line(flow.name_en, 100, here + "/name_en", i18n::Empty::allowed));
        if (flow.most_hops < 1 || flow.most_hops > 20)
            return invalid("prepare.contacts.bad_hops", here + "/most_hops");
        if (flow.tells.size() > most_tells)
            return invalid("prepare.contacts.too_many_tells", here + "/tells",
                           {{"most", std::to_string(most_tells)}});
        for (std::size_t j = 0; j < flow.begins_at.size(); ++j)
            TRY(check(flow.begins_at[j], here + "/begins_at/" + std::to_string(j)));
        for (std::size_t j = 0; j < flow.audience.size(); ++j)
            TRY(check({flow.audience[j], {}}, here + "/audience/" + std::to_string(j)));
        std::set<std::pair<Party, Party>> seen;
        for (std::size_t j = 0; j < flow.tells.size(); ++j) {
            auto& one = flow.tells[j];
            const auto place = here + "/tells/" + std::to_string(j);
            TRY(check(one.from, place + "/from"));
            TRY(check(one.to, place + "/to"));
            if (one.from == one.to) return invalid("prepare.contacts.tells_itself", place + "/to");
            if (!seen.emplace(one.from, one.to).second)
                return invalid("prepare.contacts.tells_twice", place + "/to");
            TRY_LET(one.note, i18n::line(one.note, 200, place + "/note", i18n::Empty::allowed));
        }
    }
    return fact;
}

}  // namespace noroshi::prepare::contacts
