// Addresses are typed by people and pasted from anywhere. Whatever comes in, what is kept is an
// address a gateway takes: no line break that would end a mail header, digits only after a plus,
// and the same again when it is read again.

#include <cstdint>
#include <string_view>

#include "kernel/result.h"
#include "prepare/contacts/contacts_address.h"

namespace noroshi::prepare::contacts {

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const std::string_view outside(reinterpret_cast<const char*>(bytes), size);
    if (const auto email = read_email(outside, "/email")) {
        ASSERT(email->size() <= 254 && email->find('@') != std::string::npos);
        for (const char c : *email) ASSERT(c > ' ' && c < 0x7f && c != ',' && c != '<' && c != '>');
        ASSERT(read_email(*email, "/email") == *email);
    }
    if (const auto phone = read_phone(outside, "/mobile")) {
        ASSERT(phone->size() >= 9 && phone->size() <= 16 && phone->front() == '+');
        for (const char c : std::string_view(*phone).substr(1)) ASSERT(c >= '0' && c <= '9');
        ASSERT(read_phone(*phone, "/mobile") == *phone);
    }
    if (const auto mobile = read_mobile(outside, "/mobile"))
        ASSERT(read_phone(outside, "/mobile") == *mobile);
    if (const auto chat = read_chat(outside, "/chat")) {
        ASSERT(chat->size() <= 162 && chat->contains(':'));
        for (const char c : *chat) ASSERT(c > ' ' && c < 0x7f && c != '<' && c != '>' && c != '#');
        ASSERT(read_chat(*chat, "/chat") == *chat);
    }
    return 0;
}

}  // namespace noroshi::prepare::contacts
