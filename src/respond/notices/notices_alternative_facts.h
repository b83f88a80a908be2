#pragma once
// 代替港: what was agreed with other ports in peace time, in "respond/notices/partners/<id>", and what was
// asked of them in an incident, in "respond/notices/diversions/<id>".

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>

#include "kernel/crypto/keyring.h"
#include "respond/notices/notices_facts.h"

namespace noroshi::respond::notices {

struct PartnerTag;
using PartnerId = Id<PartnerTag>;
struct DiversionTag;
using DiversionId = Id<DiversionTag>;

struct PartnerContact {
    std::string office;  // "港湾局 運営課 当直"
    Personal who;        // under the key of this version of the list; may be empty
    std::string phone;
    std::string email;
    std::string hours;
};
BOOST_DESCRIBE_STRUCT(PartnerContact, (), (office, who, phone, email, hours))

// 相互支援の取決め.
struct Agreement {
    std::string title;
    std::optional<Instant> valid_until;  // nothing: until it is ended
    Instant reviewed_at;
    std::string conditions;  // who pays, which customs office, what is not taken
    friend bool operator==(const Agreement&, const Agreement&) = default;
};
BOOST_DESCRIBE_STRUCT(Agreement, (), (title, valid_until, reviewed_at, conditions))

// What the partner can take; absent: not known.
struct Capacity {
    std::optional<std::uint32_t> containers_a_day;
    std::optional<std::uint32_t> reefer_plugs;
    std::optional<std::uint32_t> longest_ship_metres;
    std::optional<std::uint32_t> draught_decimetres;
    friend bool operator==(const Capacity&, const Capacity&) = default;
};
BOOST_DESCRIBE_STRUCT(Capacity, (),
                      (containers_a_day, reefer_plugs, longest_ship_metres, draught_decimetres))

// The whole partner as it then stands. Names of people lie under a key of each version; the key of
// the version before is deleted in the same commit.
struct PartnerKept {
    static constexpr std::string_view kind = "respond.notices.partner_kept";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::port;

    std::string name;
    std::string name_en;
    std::string locode;  // UN/LOCODE, "JPYOK"; may be empty
    std::vector<PartnerContact> contacts;
    std::optional<Agreement> agreement;
    Capacity capacity;
    bool retired = false;
};
BOOST_DESCRIBE_STRUCT(PartnerKept, (),
                      (name, name_en, locode, contacts, agreement, capacity, retired))

struct DivertedCall {
    static constexpr std::array<std::string_view, 3> defaulted{"voyage", "line", "needs"};
    std::string vessel;
    std::string voyage;
    std::string line;
    std::optional<Instant> arrives_at;
    std::optional<std::uint32_t> containers;
    std::string needs;  // reefers, dangerous goods, a crane that reaches so far
    friend bool operator==(const DivertedCall&, const DivertedCall&) = default;
};
BOOST_DESCRIBE_STRUCT(DivertedCall, (), (vessel, voyage, line, arrives_at, containers, needs))

struct DiversionRequested {
    static constexpr std::string_view kind = "respond.notices.diversion_requested";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::incident;

    std::uint32_t number = 1;
    IncidentId incident;
    PartnerId partner;
    std::vector<DivertedCall> calls;
    std::string text;
    std::optional<Instant> answer_by;
};
BOOST_DESCRIBE_STRUCT(DiversionRequested, (), (number, incident, partner, calls, text, answer_by))

struct OfferedCall {
    static constexpr std::array<std::string_view, 1> defaulted{"conditions"};
    std::uint32_t call = 0;  // 1 is the first of the request
    std::optional<Instant> berth_from;
    std::optional<Instant> berth_until;
    std::string conditions;
    friend bool operator==(const OfferedCall&, const OfferedCall&) = default;
};
BOOST_DESCRIBE_STRUCT(OfferedCall, (), (call, berth_from, berth_until, conditions))

// What the partner answered, written down by our people. A later offer takes the place of the one
// before, which stays in the journal.
struct DiversionOffered {
    static constexpr std::string_view kind = "respond.notices.diversion_offered";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::incident;

    std::vector<OfferedCall> offers;
    std::string text;
    std::optional<Instant> valid_until;
};
BOOST_DESCRIBE_STRUCT(DiversionOffered, (), (offers, text, valid_until))

struct DiversionAgreed {
    static constexpr std::string_view kind = "respond.notices.diversion_agreed";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::incident;

    std::vector<std::uint32_t> calls;
    std::string text;  // who agreed for the line
};
BOOST_DESCRIBE_STRUCT(DiversionAgreed, (), (calls, text))

enum class DiversionEnding { declined_by_partner, declined_by_us, withdrawn, done };
BOOST_DESCRIBE_ENUM(DiversionEnding, declined_by_partner, declined_by_us, withdrawn, done)

struct DiversionEnded {
    static constexpr std::string_view kind = "respond.notices.diversion_ended";
    static constexpr int schema = 1;
    static constexpr auto record_class = journal::RecordClass::incident;

    DiversionEnding why = DiversionEnding::done;
    std::string text;
};
BOOST_DESCRIBE_STRUCT(DiversionEnded, (), (why, text))

}  // namespace noroshi::respond::notices
