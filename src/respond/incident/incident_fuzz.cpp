// Requests as a stranger writes them, taken all the way: read, decided, encoded, decoded, folded on
// both sides and answered. Whatever is accepted is read again word by word; nothing brings the
// journal's thread down, which would stop the whole port.

#include <cstdint>
#include <memory>
#include <string_view>

#include "respond/incident/incident_scene.h"

namespace noroshi::respond::incident {

namespace {

struct Harbour {
    Scene port;
    IncidentId id;
    Harbour() {
        id = port.open("duty", "ゲート停止");
        EntryRequest request;
        request.content = "要請";
        request.kind = EntryKind::request;
        port.write("duty", id, request);
        port.write("clerk", id, "一行");
    }
};

// Tells what was decided, if it was.
template <class Body>
bool tell(Harbour& board, const Result<Decided<Body>>& decided, const Principal& by) {
    if (!decided) {
        ASSERT(!decided.error().key.empty());
        return false;
    }
    board.port.tell(*decided, by);
    return true;
}

template <class Request, class Decide>
void act(Harbour& board, std::string_view text, Decide decide) {
    const auto request = json::from_text<Request>(text);
    if (request) decide(board, *request);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return 0;
    const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
    static std::unique_ptr<Harbour> board;
    static int runs = 0;
    if (runs++ % 500 == 0) board = std::make_unique<Harbour>();  // so that it stays small
    Scene& port = board->port;
    const auto by = port.as(data[0] % 2 == 0 ? "duty" : "security");
    const auto asked = port.asked(by);
    switch (data[0] / 2 % 5) {
    case 0:
        act<EntryRequest>(*board, text, [&](Harbour& on, const EntryRequest& request) {
            if (!tell(on, add_entry(asked, on.id, request), by)) return;
            EntryFilter last;
            last.after = port.state.find(on.id)->next_number() - 2;
            const auto page = port.view.entries(by, on.id, last, Language::ja);
            ASSERT(page && page->items.size() == 1 && page->items[0].content == request.content);
            ASSERT(json::parse(json::to_text(*page)));
        });
        break;
    case 1:
        act<OpenRequest>(*board, text, [&](Harbour& on, const OpenRequest& request) {
            if (!tell(on, open_incident(asked, IncidentId{"new"}, request), by)) return;
            const auto card = port.view.one(by, IncidentId{"new"}, Language::en);
            ASSERT(card && json::parse(json::to_text(*card)));
        });
        break;
    case 2:
        act<MilestoneRequest>(*board, text, [&](Harbour& on, const MilestoneRequest& request) {
            tell(on, set_milestone(asked, on.id, request), by);
            ASSERT(json::parse(json::to_text(*port.view.review(by, on.id, Language::ja))));
        });
        break;
    case 3:
        act<ShareRequest>(*board, text, [&](Harbour& on, const ShareRequest& request) {
            const auto version = port.state.find(on.id)->version;
            const auto decided = change_visibility(asked, on.id, version, request);
            if (!tell(on, decided, by)) return;
            ASSERT(may_see(by.viewer, *port.state.find(on.id)->visibility));
            runs = 0;  // it may be closed to the other now
        });
        break;
    default:
        act<RemarkRequest>(*board, text, [&](Harbour& on, const RemarkRequest& request) {
            const Number number = 1 + static_cast<Number>(data[0]) % 3;
            tell(on, confirm(asked, on.id, number, request, "確認"), by);
            tell(on, complete(asked, on.id, number, request, "完了"), by);
            tell(on, reopen_task(asked, on.id, number, request, "未了"), by);
            ASSERT(port.view.open_tasks(by, on.id, Language::ja));
        });
    }
    return 0;
}

}  // namespace noroshi::respond::incident
