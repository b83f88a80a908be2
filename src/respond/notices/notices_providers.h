#pragma once
// Data providers: an office (road manager, traffic police, harbour master, ministry bureau, an
// operator) reports what it knows, signed in, by a signed link without signing in, or by telephone to
// the port manager, who takes it down. What is reported stands with its source and time beside the
// draft and is taken over by one tap; its "as of" stays. Whoever reported is an author of the draft:
// nothing reaches the public but through a second person.
//
// Before a promised edition is due, whoever has not reported lately is asked once, by mail or SMS, with
// a link that is theirs and lasts a day.

#include <array>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/describe/class.hpp>

#include "kernel/journal/journal.h"
#include "kernel/result.h"
#include "respond/notices/notices.h"
#include "respond/notices/notices_provider_facts.h"

namespace noroshi::respond::notices {

inline constexpr std::size_t known_roads_limit = 12;
inline constexpr std::size_t note_limit = 1'000;
inline constexpr std::size_t reports_shown = 5;
inline constexpr std::size_t reports_kept = 50;  // in memory, of each provider and world
// Asked so long before a promised edition; whoever reported since is left alone.
inline constexpr std::chrono::minutes ask_before{20};
inline constexpr std::chrono::hours report_link_lasts{24};

struct ProviderRequest {
    static constexpr std::array<std::string_view, 2> defaulted{"name_en", "retired"};

    ProviderKind provider = ProviderKind::other;
    std::string name;
    std::string name_en{};
    OrganisationId organisation;
    std::vector<Subject> tells;
    std::vector<KnownRoad> roads{};
    std::vector<PersonId> people{};
    bool retired = false;
};
BOOST_DESCRIBE_STRUCT(ProviderRequest, (),
                      (provider, name, name_en, organisation, tells, roads, people, retired))

struct ReportRequest {
    static constexpr std::array<std::string_view, 1> defaulted{"note"};

    std::vector<RoadLine> roads;  // by the names that the provider is known to tell about
    std::optional<ShipsLine> ships;
    std::vector<TerminalLine> terminals;
    std::string note;
    std::optional<Instant> as_of;  // now, if not given
    std::optional<Instant> next_report_at;
    std::optional<ExerciseId> exercise;  // practised
};
BOOST_DESCRIBE_STRUCT(ReportRequest, (),
                      (roads, ships, terminals, note, as_of, next_report_at, exercise))

struct TakeRequest {
    ProviderId provider;
    std::uint32_t number = 0;
};
BOOST_DESCRIBE_STRUCT(TakeRequest, (), (provider, number))

struct AskRequest {
    std::optional<ExerciseId> exercise;
};
BOOST_DESCRIBE_STRUCT(AskRequest, (), (exercise))

// ---- what the port's people read -----------------------------------------------------------

struct ProviderReportItem {
    std::uint32_t number = 0;
    ReportedBy way = ReportedBy::signed_in;
    std::string by;
    Instant reported_at;
    Instant as_of;
    std::optional<Instant> next_report_at;
    std::vector<RoadLine> roads;
    std::optional<ShipsLine> ships;
    std::vector<TerminalLine> terminals;
    std::string note;
    std::vector<NoticeId> taken;  // into which notices
};
BOOST_DESCRIBE_STRUCT(ProviderReportItem, (),
                      (number, way, by, reported_at, as_of, next_report_at, roads, ships, terminals,
                       note, taken))

struct ProviderItem {
    ProviderId id;
    std::uint64_t version = 0;
    ProviderKind provider = ProviderKind::other;
    std::string name;
    std::string name_en;
    OrganisationId organisation;
    std::vector<Subject> tells;
    std::vector<KnownRoad> roads;
    std::vector<TerminalId> terminals;  // of which it may tell
    std::vector<PersonId> people;
    bool retired = false;
    bool mine = false;                        // the reader may report for it
    std::vector<ProviderReportItem> reports;  // newest first
    std::optional<Instant> asked_at;          // last
};
BOOST_DESCRIBE_STRUCT(ProviderItem, (),
                      (id, version, provider, name, name_en, organisation, tells, roads, terminals,
                       people, retired, mine, reports, asked_at))
struct ProviderItems {
    std::vector<ProviderItem> items;  // by name; retired ones last
};
BOOST_DESCRIBE_STRUCT(ProviderItems, (), (items))

// ---- state ---------------------------------------------------------------------------------

class ProviderState {
public:
    struct Report {
        ProviderReported said;
        Instant reported_at;
    };
    struct Heard {
        std::vector<Report> reports;  // oldest first, the last of them
        std::uint32_t count = 0;
        std::optional<Instant> asked_at;
    };
    struct Provider {
        ProviderId id;
        ProviderKept kept;
        std::uint64_t version = 0;
        std::map<ExerciseId, Heard> heard;  // live under the empty id

        bool tells(Subject subject) const;
        const Report* find(const journal::World& world, std::uint32_t number) const;
        const Report* last(const journal::World& world) const;
    };

    void attach(journal::Listeners& side);

    const Provider* find(const ProviderId& id) const;
    const std::map<ProviderId, Provider>& providers() const { return providers_; }
    // For which promised edition of this notice providers were asked last.
    std::optional<Instant> asked_for(const NoticeId& notice) const;

private:
    std::map<ProviderId, Provider> providers_;
    std::map<NoticeId, Instant> asked_for_;
};

// ---- decisions -----------------------------------------------------------------------------

bool may_report(const ProviderKept& provider, const PersonId& person,
                const std::vector<RoleIn>& roles);

// Errors: invalid with pointer; conflict when the version is not the newest.
Result<Decided<ProviderKept>> keep_provider(const Ground& ground, const ProviderId& id,
                                            const ProviderRequest& request, Version version);
// `roles` are the reporter's. Errors: not_found respond.notices.unknown_provider; forbidden
// respond.notices.{not_your_office, not_told_by_provider, not_your_terminal}; invalid with pointer.
Result<Decided<ProviderReported>> report(const Ground& ground, const ProviderState& providers,
                                         const ProviderId& id, const ReportRequest& request,
                                         const PersonId& by, const std::vector<RoleIn>& roles,
                                         ReportedBy way);
// The report's lines in place of those in the draft, or in the last edition if there is no draft; a
// line is replaced as a whole, because it has one source and one time. Errors: not_found
// respond.notices.{unknown, unknown_report}; conflict respond.notices.{older_than_draft,
// nothing_to_take}.
Result<Decided<NoticeDrafted>> take_over(const Ground& ground, const ProviderState& providers,
                                         const NoticeId& id, const TakeRequest& request,
                                         const Principal& by, Version version);

// ---- the link and its page -----------------------------------------------------------------

struct ReportLink {
    ProviderId provider;
    PersonId person;
    ExerciseId exercise;  // empty: live
    Instant expires;
};
std::string seal_report_link(const ReportLink& link, const Key& installation_key, Random& random);
std::optional<ReportLink> open_report_link(std::string_view sealed, const Key& installation_key);

struct ReportPage {
    Language language = Language::ja;
    std::string zone = "Asia/Tokyo";
    bool drill = false;
    std::string port;
    const ProviderState::Provider* provider = nullptr;  // null: the link is good for nothing
    const ProviderState::Report* last = nullptr;
    std::vector<std::pair<TerminalId, std::string>> terminals;
    std::string problem;  // name of a message
    bool saved = false;
};
std::string report_page(const ReportPage& page);
inline constexpr std::string_view report_style_path = "/r/report.css";
// What its form sends: road.<n>.{name,traffic,queue,delay}, terminal.<n>.{id,service,gate,wait,queue},
// ships.{fairway,waiting,delayed,omitted}, note, ago and next in minutes. A line with nothing in it is
// left out. Errors: invalid respond.notices.{form_malformed, not_a_number}.
Result<ReportRequest> read_report_form(std::string_view body, Instant now);

// ---- the room's part -----------------------------------------------------------------------

class Providers {
public:
    struct Options {
        std::string zone;
        std::string mail_domain;
        std::set<Channel> channels;
        std::string own_url;  // known once the server listens
    };
    // Before Journal::start(); the others must outlive it.
    Providers(journal::Journal& journal, const council::Council& council, const port::Port& port,
              const prepare::contacts::Contacts& contacts, const incident::Incident& incident,
              const State& notices, const State& shown, Options options);

    // Under Journal::read: for the port manager all, for others those of their own office.
    ProviderItems list(const Principal& reader, const ExerciseId& exercise) const;
    ReportPage page(const ReportLink& link) const;
    bool any() const;  // that is not retired
    const ProviderState& state() const { return pending_; }

    // Inside a command.
    Result<ProviderId> keep(journal::Recorder& recorder, const Ground& ground,
                            const std::optional<ProviderId>& id, const ProviderRequest& request,
                            Version version);
    Result<std::uint32_t> report(journal::Recorder& recorder, const Ground& ground,
                                 const ProviderId& id, const ReportRequest& request,
                                 const Principal& by);
    Result<> report_by_link(journal::Recorder& recorder, const Ground& ground,
                            const ReportLink& link, ReportRequest request);
    // How many people were asked. Errors: conflict respond.notices.nobody_to_ask.
    Result<std::uint32_t> ask(journal::Recorder& recorder, const ProviderId& id,
                              const ExerciseId& exercise, const Principal& by);

    void set_own_url(std::string url);
    void set_channels(std::set<Channel> channels) { options_.channels = std::move(channels); }
    const Options& options() const { return options_; }

    static std::string stream_of(const ProviderId& id);

private:
    std::optional<Instant> next_due() const;
    Result<> fire(journal::Recorder& recorder);
    std::optional<Instant> due_of(const State::Notice& notice) const;
    std::uint32_t send(journal::Recorder& recorder, const ProviderState::Provider& provider,
                       const journal::World& world, const std::optional<Instant>& before,
                       std::int64_t round) const;

    journal::Journal& journal_;
    const council::Council& council_;
    const port::Port& port_;
    const prepare::contacts::Contacts& contacts_;
    const incident::Incident& incident_;
    const State& notices_;  // pending
    const State& shown_;    // published
    Options options_;
    ProviderState pending_;
    ProviderState published_;
};

}  // namespace noroshi::respond::notices
