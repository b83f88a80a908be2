#include "edge/document/calendar.h"

#include <ctime>
#include <memory>

#include <libical/ical.h>

namespace noroshi::edge::document {

namespace {

icaltimetype utc(Instant at) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count();
    return icaltime_from_timet_with_zone(static_cast<std::time_t>(seconds), 0,
                                         icaltimezone_get_utc_timezone());
}

// Controls would end a line; libical escapes commas, semicolons, backslashes and line feeds.
std::string clean(std::string_view text) {
    std::string out;
    for (const char c : text)
        if (static_cast<unsigned char>(c) >= ' ' || c == '\n') out += c;
    return out;
}

// An address goes into a value that may not be quoted.
std::string mail_uri(std::string_view address) {
    std::string out = "mailto:";
    for (const char c : address)
        if (static_cast<unsigned char>(c) > ' ' && c != '"' && c != '\\') out += c;
    return out;
}

icalproperty_method method_of(CalendarMethod method) {
    switch (method) {
    case CalendarMethod::publish: return ICAL_METHOD_PUBLISH;
    case CalendarMethod::request: return ICAL_METHOD_REQUEST;
    case CalendarMethod::cancel: return ICAL_METHOD_CANCEL;
    }
    return ICAL_METHOD_PUBLISH;
}

icalcomponent* written_event(const CalendarEvent& event, Instant written) {
    auto* out = icalcomponent_new(ICAL_VEVENT_COMPONENT);
    const auto put = [&](icalproperty* property) { icalcomponent_add_property(out, property); };
    put(icalproperty_new_uid(clean(event.uid).c_str()));
    put(icalproperty_new_dtstamp(utc(written)));
    put(icalproperty_new_dtstart(utc(event.from)));
    put(icalproperty_new_dtend(utc(event.until)));
    put(icalproperty_new_summary(clean(event.summary).c_str()));
    if (!event.description.empty())
        put(icalproperty_new_description(clean(event.description).c_str()));
    if (!event.location.empty()) put(icalproperty_new_location(clean(event.location).c_str()));
    put(icalproperty_new_sequence(event.sequence));
    put(icalproperty_new_status(event.cancelled ? ICAL_STATUS_CANCELLED : ICAL_STATUS_CONFIRMED));
    put(icalproperty_new_transp(event.busy ? ICAL_TRANSP_OPAQUE : ICAL_TRANSP_TRANSPARENT));
    if (!event.organizer.empty())
        put(icalproperty_new_organizer(mail_uri(event.organizer).c_str()));
    for (const auto& address : event.attendees) {
        auto* attendee = icalproperty_new_attendee(mail_uri(address).c_str());
        icalproperty_add_parameter(attendee, icalparameter_new_rsvp(ICAL_RSVP_TRUE));
        icalproperty_add_parameter(attendee, icalparameter_new_partstat(ICAL_PARTSTAT_NEEDSACTION));
        put(attendee);
    }
    return out;
}

}  // namespace

std::string write_calendar(const CalendarFile& calendar, Instant written) {
    const std::unique_ptr<icalcomponent, decltype(&icalcomponent_free)> out(
        icalcomponent_new(ICAL_VCALENDAR_COMPONENT), &icalcomponent_free);
    icalcomponent_add_property(out.get(), icalproperty_new_version("2.0"));
    icalcomponent_add_property(out.get(), icalproperty_new_prodid(clean(calendar.product).c_str()));
    icalcomponent_add_property(out.get(), icalproperty_new_calscale("GREGORIAN"));
    icalcomponent_add_property(out.get(), icalproperty_new_method(method_of(calendar.method)));
    if (!calendar.name.empty()) {
        auto* name = icalproperty_new_x(clean(calendar.name).c_str());
        icalproperty_set_x_name(name, "X-WR-CALNAME");
        icalcomponent_add_property(out.get(), name);
    }
    for (const auto& event : calendar.events)
        icalcomponent_add_component(out.get(), written_event(event, written));
    char* text = icalcomponent_as_ical_string_r(out.get());
    std::string bytes = text == nullptr ? "" : text;
    icalmemory_free_buffer(text);
    return bytes;
}

}  // namespace noroshi::edge::document
