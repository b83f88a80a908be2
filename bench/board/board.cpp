// How a board of 20,000 lines answers, held against one of 100 and against a bare scan of the same
// memory. README.md says what is compared and why.

#include <algorithm>
#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "app/rooms.h"
#include "edge/document/pdf.h"
#include "kernel/json/json.h"
#include "prepare/council/council.h"
#include "prepare/council/council_view.h"
#include "respond/incident/incident.h"
#include "respond/incident/incident_case_view.h"
#include "respond/incident/incident_scene.h"

namespace noroshi::respond::incident {
namespace {

constexpr Number large = 20'000;
constexpr Number small = 100;
constexpr int rounds = 300;

struct Spent {
    double median, p99;  // milliseconds
};
template <class F>
Spent measure(F&& work) {
    std::vector<double> spent;
    for (int i = 0; i < rounds; ++i) {
        const auto start = std::chrono::steady_clock::now();
        work();
        spent.push_back(
            std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start)
                .count());
    }
    std::ranges::sort(spent);
    return {spent[rounds / 2], spent[rounds * 99 / 100]};
}

std::string line_text(Number i) {
    std::string text = "第" + std::to_string(i % 5 + 1) + "ターミナルのゲートで、受付端末" +
                       std::to_string(i) + "台目の画面が止まっている。";
    if (i % 100 == 7) text += "警察に連絡した。";
    if (i % 500 == 7) text += "復旧の見込みは立っていない。";
    return text;
}

int run() {
    Scene scene;
    const auto fill = [&](const IncidentId& id, Number count) {
        for (Number i = 1; i <= count; ++i) {
            EntryRequest request;
            request.content = line_text(i);
            request.sender = "第" + std::to_string(i % 5 + 1) + "ターミナル";
            request.receiver = "港湾管理者 当直";
            request.medium = "電話";
            request.confirmed = i % 3 != 0;
            if (i % 40 == 0) request.kind = EntryKind::request;
            if (i % 50 == 0) request.kind = EntryKind::decision;
            scene.write(i % 2 == 0 ? "clerk" : "duty", id, request);
            if (i % 40 == 0 && i % 50 != 0) scene.remark(complete, "duty", id, i);
            if (i % 40 == 0 && i % 50 != 0) ++i;
        }
    };
    const auto few = scene.open("duty", "少ない");
    fill(few, small);
    const auto many = scene.open("duty", "多い");
    fill(many, large);
    const auto reader = scene.as("duty");
    std::size_t bytes = 0;
    const auto open = [&](const IncidentId& id) {
        const auto one = scene.view.one(reader, id, Language::ja);
        EntryFilter filter;
        const Number last = *one->last_number;
        filter.after = last > small ? last - small : 0;
        filter.limit = small;
        bytes += json::to_text(*one).size();
        bytes += json::to_text(*scene.view.entries(reader, id, filter, Language::ja)).size();
        bytes += json::to_text(*scene.view.open_tasks(reader, id, Language::ja)).size();
        bytes +=
            json::to_text(*scene.case_view.situation(reader, id, scene.now, Language::ja)).size();
    };
    // In turn, so that both meet the same machine.
    std::vector<double> of_few, of_many;
    for (int i = 0; i < rounds; ++i) {
        for (const auto& [id, out] : {std::pair{&few, &of_few}, std::pair{&many, &of_many}}) {
            const auto start = std::chrono::steady_clock::now();
            open(*id);
            out->push_back(
                std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start)
                    .count());
        }
    }
    std::ranges::sort(of_few);
    std::ranges::sort(of_many);
    fmt::print("open: {} lines {:.3f} ms, {} lines {:.3f} ms, ratio {:.2f}\n", small,
               of_few[rounds / 2], large, of_many[rounds / 2],
               of_many[rounds / 2] / of_few[rounds / 2]);

    while (scene.view.index_more(5'000) > 0) {}
    const Board& board = *scene.view.boards().find(many.text);
    std::vector<std::string> folded;
    for (const auto& line : board.lines) folded.push_back(searched_text(line));
    const auto bare = measure([&] {
        for (const auto& text : folded) bytes += text.find("警察") != std::string::npos ? 1 : 0;
    });
    const auto ask = [&](EntryFilter filter) {
        return measure([&, filter] {
            bytes += scene.view.entries(reader, many, filter, Language::ja)->items.size();
        });
    };
    EntryFilter unconfirmed;
    unconfirmed.confirmed = false;
    unconfirmed.organisation = OrganisationId{"north"};  // nobody's: every line is looked at
    EntryFilter police;
    police.words = "警察";
    EntryFilter both;
    both.words = "警察 復旧";
    for (const auto& [name, spent] :
         {std::pair{"filter", ask(unconfirmed)}, std::pair{"search 警察", ask(police)},
          std::pair{"search 警察 復旧", ask(both)}})
        fmt::print("{}: p99 {:.2f} ms, bare scan p99 {:.2f} ms, ratio {:.2f}\n", name, spent.p99,
                   bare.p99, spent.p99 / bare.p99);

    // The print, as incident_export_http.cpp lays it out.
    EntryFilter all;
    all.limit = static_cast<std::size_t>(-1);
    const auto start = std::chrono::steady_clock::now();
    const auto page = scene.view.entries(reader, many, all, Language::ja);
    namespace document = edge::document;
    document::Table table;
    table.columns = {{"番号", 0.9, document::Align::right},
                     {"発生時刻", 2.1},
                     {"記録時刻", 2.1},
                     {"発信元", 2.6},
                     {"受信先", 2.6},
                     {"手段", 1.5},
                     {"内容", 12},
                     {"種別", 1.1},
                     {"状態", 2.2},
                     {"記録者", 2.2}};
    for (const auto& entry : page->items)
        table.rows.push_back(
            {{std::to_string(entry.number), format_clock(entry.event_time, "Asia/Tokyo"),
              format_clock(entry.entry_time, "Asia/Tokyo"), entry.sender.value_or(""),
              entry.receiver.value_or(""), entry.medium.value_or(""), entry.content, "事実",
              "確認済", entry.author.name}});
    document::PageSetup setup;
    setup.paper = document::Paper::a3_landscape;
    setup.label = "TLP:GREEN";
    setup.title = "クロノロジー";
    const auto pdf = document::print(setup, {table});
    if (!pdf) return 1;
    fmt::print("print: {} lines, {} pages, {:.2f} s ({} bytes of answers)\n", page->items.size(),
               pdf->pages,
               std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(),
               bytes);
    return 0;
}

}  // namespace
}  // namespace noroshi::respond::incident

int main() { return noroshi::respond::incident::run(); }
