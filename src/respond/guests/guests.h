#pragma once
// Guideline 3.1.3, 3.3.3: people from outside in one incident, and nothing else. Who they are is the
// council's matter, who sees an incident the incident's; here the two are joined, and the link made.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/describe/class.hpp>

#include "kernel/crypto/keyring.h"
#include "kernel/identity/principal.h"
#include "kernel/journal/journal.h"
#include "prepare/council/council.h"
#include "respond/incident/incident.h"

namespace noroshi::respond::guests {

struct Link {
    PersonId person;
    Instant until;
};
// What stands after /g/ in the address.
std::string seal_link(const Link& link, const Key& installation_key, Random& random);
// Nothing if it is not one of ours. Whether it is over, the caller asks.
std::optional<Link> open_link(std::string_view sealed, const Key& installation_key);

struct Invitation {
    IncidentId incident;
    prepare::council::GuestDraft guest;
    std::string email;  // empty: whoever invites hands over the link
};
struct Invited {
    PersonId person;
    std::string link;
    Instant until;
};

struct GuestItem {
    PersonId person;
    std::string name;
    OrganisationId host;
    std::string invited_by;
    Instant invited_at;
    Instant until;
    bool may_write = false;
};
BOOST_DESCRIBE_STRUCT(GuestItem, (), (person, name, host, invited_by, invited_at, until, may_write))
struct GuestItems {
    std::vector<GuestItem> items;
};
BOOST_DESCRIBE_STRUCT(GuestItems, (), (items))

struct GuestsOptions {
    std::string zone = "Asia/Tokyo";
    std::string mail_domain = "localhost";
};

class Guests {
public:
    Guests(journal::Journal& journal, prepare::council::Council& council,
           const incident::Incident& incident, GuestsOptions options = {});
    void set_public_url(std::string url) { public_url_ = std::move(url); }

    // Inside a command. Errors: not_found respond.incident.unknown, forbidden
    // respond.guests.not_yours, conflict respond.guests.{closed, in_a_drill}, invalid
    // respond.guests.email.
    Result<Invited> invite(journal::Recorder& recorder, const Principal& by,
                           const Invitation& invitation);
    Result<> dismiss(journal::Recorder& recorder, const Principal& by, const PersonId& person);
    // The guest of a link, if it is still good. Under Journal::read or on the journal's thread.
    std::optional<prepare::council::Guest> guest_of(std::string_view link, Instant now) const;
    // Under Journal::read. Errors: not_found respond.incident.unknown.
    Result<GuestItems> list(const Principal& reader, const IncidentId& incident,
                            Language language) const;

    const prepare::council::Council& council() const { return council_; }
    const GuestsOptions& options() const { return options_; }

private:
    journal::Journal& journal_;
    prepare::council::Council& council_;
    const incident::Incident& incident_;
    GuestsOptions options_;
    std::string public_url_ = "http://localhost";
};

}  // namespace noroshi::respond::guests
