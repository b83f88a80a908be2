// The room: listens, decides on the pending state, records.

#include "kernel/crypto/hash.h"
#include "kernel/journal/record.h"
#include "prepare/port/port_view.h"
#include "respond/notices/notices.h"
#include "respond/notices/notices_alternatives.h"
#include "respond/notices/notices_followup.h"
#include "respond/notices/notices_inquiries.h"
#include "respond/notices/notices_providers.h"
#include "respond/notices/notices_public.h"
#include "respond/notices/notices_subscribers.h"
#include "respond/notices/notices_view.h"

namespace noroshi::respond::notices {

namespace {

SiteOptions site_options(const NoticesOptions& options, const journal::Journal& journal) {
    SiteOptions site;
    site.zone = options.zone;
    site.sender = options.sender;
    const auto& key = journal.installation_key();
    site.seed =
        to_hex(hmac_sha256(std::string_view(reinterpret_cast<const char*>(key.data()), key.size()),
                           "respond.notices.feed"));
    return site;
}

struct Changed {
    NoticeId notice;
};
BOOST_DESCRIBE_STRUCT(Changed, (), (notice))

template <class Body>
void tell_of(journal::Journal& journal) {
    journal.add_event(
        Body::kind,
        [](const void*, const journal::Envelope& at) -> std::optional<std::string> {
            const auto stream = at.stream;
            return json::to_text(
                Changed{NoticeId{std::string(stream.substr(stream.rfind('/') + 1))}});
        },
        "respond.notices.notice_changed");
}

}  // namespace

Notices::Notices(journal::Journal& journal, const council::Council& council, const port::Port& port,
                 const prepare::contacts::Contacts& contacts, const incident::Incident& incident,
                 NoticesOptions options)
    : journal_(journal), council_(council), port_(port), incident_(incident),
      options_(std::move(options)), view_(std::make_unique<View>(council.view(), port.view())),
      public_(std::make_unique<PublicView>(journal.clock(), site_options(options_, journal))),
      subscribers_(std::make_unique<Subscribers>(
          journal, port, *public_, Subscribers::Options{options_.zone, options_.mail_domain})),
      inquiries_(std::make_unique<Inquiries>(journal, council)),
      providers_(std::make_unique<Providers>(
          journal, council, port, contacts, incident, state_, *view_,
          Providers::Options{options_.zone, options_.mail_domain, options_.channels, {}})),
      alternatives_(std::make_unique<Alternatives>(journal, council)),
      long_run_(std::make_unique<LongRun>(journal, council, port, contacts, options_.mail_domain)) {
    state_.attach(journal.pending());
    view_->attach(journal.published());
    public_->attach(journal.published());
    tell_of<NoticeDrafted>(journal);
    tell_of<DraftReturned>(journal);
    tell_of<DraftAgreed>(journal);
    tell_of<HoldPlaced>(journal);
    tell_of<HoldLifted>(journal);
    tell_of<NoticePublished>(journal);
}

Notices::~Notices() = default;

void Notices::set_public_url(std::string url) { public_->set_public_url(std::move(url)); }
void Notices::set_own_url(std::string url) { providers_->set_own_url(std::move(url)); }

Instant Notices::now_in(const journal::World& world, Instant now) const {
    return incident_.state().now_in(world, now);
}

template <class Body>
Result<> Notices::keep(journal::Recorder& recorder, Result<Decided<Body>> decided) const {
    if (!decided) return std::unexpected(std::move(decided).error());
    journal::record(recorder, decided->place, decided->body);
    return {};
}

Result<NoticeId> Notices::draft(journal::Recorder& recorder, const DraftRequest& request,
                                const Principal& by) {
    NoticeId id{recorder.random().identifier()};
    TRY(keep(recorder, notices::draft(ground(recorder), id, request, by, {})));
    return id;
}

Result<> Notices::draft_again(journal::Recorder& recorder, const NoticeId& id,
                              const DraftRequest& request, const Principal& by, Version version) {
    if (state_.find(id) == nullptr) return fail(ErrorKind::not_found, "respond.notices.unknown");
    return keep(recorder, notices::draft(ground(recorder), id, request, by, version));
}

Result<std::uint32_t> Notices::approve(journal::Recorder& recorder, const NoticeId& id,
                                       const Principal& by, Version version) {
    TRY_LET(auto decided, notices::approve(ground(recorder), id, by, version));
    const auto edition = decided.body.edition;
    journal::record(recorder, decided.place, decided.body);
    return edition;
}

template Result<> Notices::keep(journal::Recorder&, Result<Decided<NoticeDrafted>>) const;
template Result<> Notices::keep(journal::Recorder&, Result<Decided<DraftReturned>>) const;
template Result<> Notices::keep(journal::Recorder&, Result<Decided<DraftAgreed>>) const;
template Result<> Notices::keep(journal::Recorder&, Result<Decided<HoldPlaced>>) const;
template Result<> Notices::keep(journal::Recorder&, Result<Decided<HoldLifted>>) const;
template Result<> Notices::keep(journal::Recorder&, Result<Decided<SpokespersonsNamed>>) const;
template Result<> Notices::keep(journal::Recorder&, Result<Decided<DeskOpened>>) const;
template Result<> Notices::keep(journal::Recorder&, Result<Decided<RolesDivided>>) const;
template Result<> Notices::keep(journal::Recorder&, Result<Decided<DiversionOffered>>) const;
template Result<> Notices::keep(journal::Recorder&, Result<Decided<DiversionAgreed>>) const;
template Result<> Notices::keep(journal::Recorder&, Result<Decided<DiversionEnded>>) const;

}  // namespace noroshi::respond::notices
