#pragma once
// The public site as files: pages without script, Atom, CAP 1.2, JSON. Pure: the same picture, the
// same moment, the same bytes. Times in CAP carry a numeric offset and no fraction, as the standard
// wants (OASIS CAP 1.2 §3.3.2: never "Z", and UTC is "-00:00").

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "respond/notices/notices_public.h"

namespace noroshi::respond::notices {

// Every file but the alerts of single notices is named here; those are /alerts/<notice>.cap.
SiteFiles render(const Picture& picture, const SiteOptions& options, Instant now);

// ---- parts, for the tests ------------------------------------------------------------------

// The line that holds now for each terminal, road and the ships: of the newest "as of" among the
// notices that are current.
struct Line {
    const TerminalLine* line = nullptr;  // null: no data
    const PublicNotice* notice = nullptr;
};
Line line_of(const Picture& picture, const TerminalId& terminal);
std::vector<const RoadLine*> roads_of(const Picture& picture);
const ShipsLine* ships_of(const Picture& picture);
// The earliest promise of another edition among the current notices.
std::optional<Instant> next_update_of(const Picture& picture);
// When the newest of what is current was true.
std::optional<Instant> as_of(const Picture& picture);

std::string page_of(const Picture& picture, const SiteOptions& options, Instant now,
                    const std::string& language);
std::string feed_of(const Picture& picture, const SiteOptions& options,
                    const std::string& language);
std::string alert_of(const PublicNotice& notice, const Picture& picture,
                     const SiteOptions& options);
// The one current alert, or an Atom feed of alerts if there are none or several.
struct Alerts {
    std::string content_type;
    std::string text;
};
Alerts alerts_of(const Picture& picture, const SiteOptions& options);
std::string status_of(const Picture& picture, const SiteOptions& options, Instant now);
std::string status_schema();  // JSON Schema of status.json, docs/formats/status.schema.json
std::string_view site_style();

// ---- the pages of a subscription -----------------------------------------------------------

struct SubscribePage {
    enum class Step { ask, confirm, leave, nothing };
    Step step = Step::ask;
    std::string done;     // sent, confirmed, left: the name of a message
    std::string problem;  // likewise
    std::string email;
    std::string link;
};
std::string subscribe_page(const Picture& picture, Language language, const SubscribePage& page);
// Everything an edition says, as lines of plain text.
std::string told(const Picture& picture, const Content& content, const Words& words,
                 Language language, const std::string& zone);

// ja and en always, then what the notices are written in.
std::vector<std::string> languages_of(const Picture& picture);
// In this language, else in English, else in Japanese; which one it was is said by `language`.
struct Reading {
    std::string language;
    const Words* words = nullptr;
};
Reading reading_of(const Content& content, const std::string& language);

// "2026-07-04T06:30:00+09:00" in a zone of the IANA database.
std::string cap_time(Instant at, std::string_view zone);
// An identifier that stays the same for the same words on the same installation: "urn:uuid:…".
std::string stable_id(std::string_view seed, std::string_view words);
// Text for XML and HTML, without what no XML document may hold.
std::string escaped(std::string_view text);

}  // namespace noroshi::respond::notices
