// The contact scheme of 500 people in 60 organisations: checked for holes, laid out and written as SVG.
// The limit is issue 4's: under one second of this machine, all of it, in the slowest of five runs.
// README.md says what is made up.

#include <chrono>

#include <fmt/format.h>

#include "edge/document/diagram.h"
#include "kernel/result.h"
#include "prepare/contacts/contacts_scheme.h"

namespace noroshi::bench {
namespace {

namespace contacts = prepare::contacts;
namespace document = edge::document;
using SteadyClock = std::chrono::steady_clock;

constexpr int organisations = 60;
constexpr int people = 500;
constexpr int runs = 5;
constexpr double limit_seconds = 1;

OrganisationId organisation(int i) { return {fmt::format("o{:02}", i)}; }

// Five terminals tell the port manager and the association; these tell seven heads of groups; those
// tell their groups. Every organisation also tells back, as reports do.
contacts::Flow made_up() {
    contacts::Flow flow{.flow = "first_report",
                        .name = "first report",
                        .name_en = "",
                        .begins_at = {},
                        .audience = {},
                        .most_hops = 3,
                        .tells = {}};
    const auto tells = [&](int from, int to) {
        flow.tells.push_back(
            {{organisation(from), {}}, {organisation(to), {}}, {Channel::voice}, ""});
    };
    for (int i = 0; i < organisations; ++i) flow.audience.push_back(organisation(i));
    for (int terminal = 0; terminal < 5; ++terminal) {
        flow.begins_at.push_back({organisation(terminal), {}});
        tells(terminal, 5);
        tells(terminal, 6);
    }
    for (int head = 7; head < 14; ++head) {
        tells(5, head);
        tells(6, head);
        tells(head, 5);
    }
    for (int member = 14; member < organisations; ++member) tells(7 + member % 7, member);
    return flow;
}

double run(const contacts::Flow& flow, const std::vector<contacts::Reach>& reach,
           std::size_t& holes, std::size_t& bytes) {
    const auto start = SteadyClock::now();
    holes = contacts::holes_of({flow}, reach, flow.audience).size();
    document::Diagram diagram{.title = "scheme", .boxes = {}, .arrows = {}};
    for (const auto& one : reach) {
        document::DiagramBox box{.id = one.organisation.text,
                                 .title = "灯浜港の機関 " + one.organisation.text,
                                 .lines = {}};
        for (const auto& person : one.people)
            box.lines.push_back({"担 担当者" + person.person.text + "  090-0000-0000"});
        diagram.boxes.push_back(std::move(box));
    }
    for (const auto& one : flow.tells)
        diagram.arrows.push_back(
            {.from = one.from.organisation.text, .to = one.to.organisation.text, .label = "電話"});
    const auto placed = document::lay_out(diagram);
    ASSERT(placed.has_value() && placed->boxes.size() == organisations);
    bytes = document::write_svg(*placed).size();
    return std::chrono::duration<double>(SteadyClock::now() - start).count();
}

}  // namespace
}  // namespace noroshi::bench

int main() {
    using namespace noroshi::bench;
    const auto flow = made_up();
    std::vector<contacts::Reach> reach;
    for (int i = 0; i < organisations; ++i) reach.push_back({organisation(i), {}});
    for (int i = 0; i < people; ++i)
        reach[static_cast<std::size_t>(i % organisations)].people.push_back(
            {{std::to_string(i)}, {noroshi::Channel::email, noroshi::Channel::voice}});
    double slowest = 0;
    std::size_t holes = 0;
    std::size_t bytes = 0;
    for (int i = 0; i < runs; ++i) slowest = std::max(slowest, run(flow, reach, holes, bytes));
    fmt::print("scheme: {} people, {} organisations, {} arrows, {} holes, {} bytes of SVG\n",
               people, organisations, flow.tells.size(), holes, bytes);
    fmt::print("slowest of {}: {:.3f} s, limit {} s: {}\n", runs, slowest, limit_seconds,
               slowest < limit_seconds ? "reached" : "NOT REACHED");
    return slowest < limit_seconds ? 0 : 1;
}
