#pragma once
// Address cards as telephones and mail programs hand them out: vCard 3.0 (RFC 2426) and 4.0 (RFC
// 6350), and 2.1 as old Japanese telephones still write it (quoted-printable, a charset per line).
// UTF-8 or Shift_JIS. Reading only; within Limits of sheet.h; nothing is refused for what it has
// besides, and a broken card is named and the others are kept. Any thread.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "edge/document/sheet.h"
#include "kernel/result.h"

namespace noroshi::edge::document {

struct VCardPhone {
    std::string number;  // as written, without "tel:"
    bool mobile = false;
    bool work = false;
    bool home = false;
    bool fax = false;
};

struct VCard {
    std::size_t line = 0;  // of its BEGIN, from 1
    std::string name;      // FN, else family and given name of N
    std::string kana;      // X-PHONETIC-…, else SOUND, else the sort key if it is kana
    std::string organisation;
    std::string department;
    std::string title;
    std::vector<std::string> emails{};  // the preferred one first
    std::vector<VCardPhone> phones{};   // the same
    std::string language;               // "ja"
};

struct VCards {
    std::vector<VCard> cards;
    std::vector<std::size_t> broken;  // lines at which a card begins that never ends
};

// Errors: invalid edge.document.sheet.{too_large, too_many_cells, not_text}, and
// edge.document.vcard.none if there is no card at all.
Result<VCards> read_vcards(std::string_view bytes, const Limits& limits = {});

}  // namespace noroshi::edge::document
