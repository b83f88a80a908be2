#include "prepare/port/port.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "kernel/i18n/i18n.h"
#include "kernel/i18n/line.h"
#include "kernel/journal/listen.h"
#include "kernel/journal/record.h"
#include "prepare/port/port_register.h"
#include "prepare/port/port_view.h"

namespace noroshi::prepare::port {

namespace {

constexpr std::size_t longest_name = 200;
// Beyond any quay on earth; a slip of the finger is likelier.
constexpr std::uint32_t longest_quay_metres = 50'000;
constexpr std::uint32_t most_cranes = 1'000;

Result<> in_range(const std::optional<std::uint32_t>& value, std::uint32_t high,
                  std::string pointer) {
    if (!value || *value <= high) return {};
    return invalid("kernel.json.out_of_range", std::move(pointer),
                   {{"low", "0"}, {"high", std::to_string(high)}});
}

Result<TerminalDraft> checked(const State& state, const council::State& council,
                              const TerminalId& id, const TerminalDraft& draft) {
    using i18n::Empty;
    TerminalDraft out = draft;
    TRY_LET(out.name, i18n::line(draft.name, longest_name, "/name"));
    TRY_LET(out.name_en, i18n::line(draft.name_en, longest_name, "/name_en", Empty::allowed));
    TRY_LET(out.code, i18n::line(i18n::plain(draft.code), 20, "/code", Empty::allowed));
    TRY_LET(out.yard_gear, i18n::line(draft.yard_gear, 500, "/yard_gear", Empty::allowed));
    TRY(in_range(draft.quay_metres, longest_quay_metres, "/quay_metres"));
    TRY(in_range(draft.quay_cranes, most_cranes, "/quay_cranes"));
    if (council.find(draft.operator_) == nullptr)
        return invalid("prepare.port.unknown_operator", "/operator");
    for (const auto* other : state.terminals()) {
        if (other->id == id) continue;
        // On the telephone at night two gates of one name are one gate.
        if (i18n::fold(other->name) == i18n::fold(out.name))
            return fail(ErrorKind::conflict, "prepare.port.name_taken", {{"name", out.name}},
                        "/name");
        if (!out.code.empty() && i18n::fold(other->code) == i18n::fold(out.code))
            return fail(ErrorKind::conflict, "prepare.port.code_taken", {{"code", out.code}},
                        "/code");
    }
    return out;
}

template <class Fact>
Fact fact_of(TerminalId id, TerminalDraft draft) {
    return Fact{std::move(id),
                std::move(draft.name),
                std::move(draft.name_en),
                std::move(draft.operator_),
                std::move(draft.code),
                draft.quay_metres,
                draft.quay_cranes,
                std::move(draft.yard_gear)};
}

}  // namespace

// ---- State ---------------------------------------------------------------------------------

template <class Fact>
void State::put(const Fact& fact, const journal::Envelope& at) {
    terminals_.insert_or_assign(
        fact.terminal,
        Terminal{fact.terminal, fact.name, fact.name_en, fact.operator_, fact.code,
                 fact.quay_metres, fact.quay_cranes, fact.yard_gear, at.stream_version});
}

void State::attach(journal::Listeners& side) {
    using journal::Live;
    journal::listen_live<PortNamed>(side, [this](Live<PortNamed> fact) {
        name_ = fact.body.name;
        name_en_ = fact.body.name_en;
        version_ = fact.at.stream_version;
    });
    journal::listen_live<TerminalRegistered>(
        side, [this](Live<TerminalRegistered> fact) { put(fact.body, fact.at); });
    journal::listen_live<TerminalChanged>(
        side, [this](Live<TerminalChanged> fact) { put(fact.body, fact.at); });
    side.on_reset([this] {
        name_.clear();
        name_en_.clear();
        version_ = 0;
        terminals_.clear();
    });
}

const Terminal* State::find(const TerminalId& id) const {
    const auto found = terminals_.find(id);
    return found == terminals_.end() ? nullptr : &found->second;
}

std::vector<const Terminal*> State::terminals() const {
    std::vector<const Terminal*> all;
    all.reserve(terminals_.size());
    for (const auto& [id, terminal] : terminals_) all.push_back(&terminal);
    std::ranges::sort(all, [](const Terminal* a, const Terminal* b) {
        return std::tie(a->code, a->name, a->id.text) < std::tie(b->code, b->name, b->id.text);
    });
    return all;
}

std::vector<const Terminal*> State::operated_by(const OrganisationId& organisation) const {
    auto some = terminals();
    std::erase_if(some, [&](const Terminal* one) { return one->operator_ != organisation; });
    return some;
}

std::string State::name_of(const TerminalId& id, Language language) const {
    const auto* terminal = find(id);
    if (terminal == nullptr) return {};
    return language == Language::en && !terminal->name_en.empty() ? terminal->name_en
                                                                  : terminal->name;
}

// ---- decisions -----------------------------------------------------------------------------

Result<PortNamed> name_port(std::string_view name, std::string_view name_en) {
    PortNamed fact;
    TRY_LET(fact.name, i18n::line(name, longest_name, "/name"));
    TRY_LET(fact.name_en, i18n::line(name_en, longest_name, "/name_en", i18n::Empty::allowed));
    return fact;
}

Result<TerminalRegistered> register_terminal(const State& state, const council::State& council,
                                             TerminalId id, const TerminalDraft& draft) {
    TRY_LET(auto good, checked(state, council, id, draft));
    return fact_of<TerminalRegistered>(std::move(id), std::move(good));
}

Result<TerminalChanged> change_terminal(const State& state, const council::State& council,
                                        const TerminalId& id, const TerminalDraft& draft) {
    if (state.find(id) == nullptr)
        return fail(ErrorKind::not_found, "prepare.port.unknown_terminal");
    TRY_LET(auto good, checked(state, council, id, draft));
    return fact_of<TerminalChanged>(id, std::move(good));
}

// ---- the room ------------------------------------------------------------------------------

namespace {

journal::Place place_of(std::string stream, Port::Version version) {
    return {std::move(stream), Visibility{Tlp::green, {}, {}}, {}, {}, version};
}

}  // namespace

Port::Port(journal::Journal& journal, const council::Council& council)
    : council_(council), view_(std::make_unique<View>()), known_(std::make_unique<Register>()),
      published_(std::make_unique<Register>()) {
    state_.attach(journal.pending());
    view_->attach(journal.published());
    known_->attach(journal.pending());
    published_->attach(journal.published());
}

Port::~Port() = default;

std::string Port::stream_of(const TerminalId& id) { return "prepare/port/terminals/" + id.text; }

Result<> Port::name_port(journal::Recorder& recorder, std::string_view name,
                         std::string_view name_en, Version version) {
    TRY_LET(const auto fact, port::name_port(name, name_en));
    journal::record(recorder, place_of(std::string(stream), version), fact);
    return {};
}

Result<TerminalId> Port::register_terminal(journal::Recorder& recorder,
                                           const TerminalDraft& draft) {
    TerminalId id{recorder.random().identifier()};
    TRY_LET(const auto fact, port::register_terminal(state_, council_.state(), id, draft));
    journal::record(recorder, place_of(stream_of(id), {}), fact);
    return id;
}

Result<> Port::change_terminal(journal::Recorder& recorder, const TerminalId& id,
                               const TerminalDraft& draft, Version version) {
    TRY_LET(const auto fact, port::change_terminal(state_, council_.state(), id, draft));
    journal::record(recorder, place_of(stream_of(id), version), fact);
    return {};
}

}  // namespace noroshi::prepare::port
