#pragma once
// Guideline 1.2, its first part: the port's name and its terminals, each with the organisation that
// operates it. State is the pending side (journal's thread only), View (port_view.h) the published
// one. Decisions are pure; the Port's verbs decide and record inside a command.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "kernel/journal/journal.h"
#include "prepare/council/council.h"
#include "prepare/port/port_facts.h"

namespace noroshi::prepare::port {

struct Terminal {
    TerminalId id;
    std::string name;
    std::string name_en;
    OrganisationId operator_;
    std::string code;
    std::optional<std::uint32_t> quay_metres;
    std::optional<std::uint32_t> quay_cranes;
    std::string yard_gear;
    std::uint64_t version = 0;
};

// What somebody wants a terminal to be.
struct TerminalDraft {
    std::string name{};
    std::string name_en{};
    OrganisationId operator_{};
    std::string code{};
    std::optional<std::uint32_t> quay_metres{};
    std::optional<std::uint32_t> quay_cranes{};
    std::string yard_gear{};
};

class State {
public:
    void attach(journal::Listeners& side);

    const std::string& name() const { return name_; }
    const std::string& name_en() const { return name_en_; }
    std::uint64_t version() const { return version_; }  // of the port's own stream; 0: not named
    const Terminal* find(const TerminalId& id) const;
    std::vector<const Terminal*> terminals() const;  // by code, then name
    std::vector<const Terminal*> operated_by(const OrganisationId& organisation) const;
    // In the reader's language; an unknown id gives "".
    std::string name_of(const TerminalId& id, Language language) const;

private:
    template <class Fact>
    void put(const Fact& fact, const journal::Envelope& at);

    std::string name_;
    std::string name_en_;
    std::uint64_t version_ = 0;
    std::unordered_map<TerminalId, Terminal> terminals_;
};

// Errors: invalid, prepare.port.* and kernel.i18n.* with the pointer of the field; conflict
// prepare.port.{name_taken, code_taken}; not_found prepare.port.unknown_terminal.
Result<PortNamed> name_port(std::string_view name, std::string_view name_en);
Result<TerminalRegistered> register_terminal(const State& state, const council::State& council,
                                             TerminalId id, const TerminalDraft& draft);
Result<TerminalChanged> change_terminal(const State& state, const council::State& council,
                                        const TerminalId& id, const TerminalDraft& draft);

class View;
class Register;  // port_register.h

class Port {
public:
    // Before Journal::start().
    Port(journal::Journal& journal, const council::Council& council);
    ~Port();

    const State& state() const { return state_; }              // journal's thread only
    const View& view() const { return *view_; }                // under Journal::read
    const Register& known() const { return *known_; }          // journal's thread only
    const Register& published() const { return *published_; }  // under Journal::read
    const council::Council& council() const { return council_; }

    using Version = std::optional<std::uint64_t>;
    Result<> name_port(journal::Recorder& recorder, std::string_view name, std::string_view name_en,
                       Version version = {});
    Result<TerminalId> register_terminal(journal::Recorder& recorder, const TerminalDraft& draft);
    Result<> change_terminal(journal::Recorder& recorder, const TerminalId& id,
                             const TerminalDraft& draft, Version version = {});

    static constexpr std::string_view stream = "prepare/port";
    static std::string stream_of(const TerminalId& id);

private:
    const council::Council& council_;
    State state_;
    std::unique_ptr<View> view_;
    std::unique_ptr<Register> known_;
    std::unique_ptr<Register> published_;
};

}  // namespace noroshi::prepare::port
