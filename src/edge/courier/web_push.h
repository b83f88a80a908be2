#pragma once
// What a browser's push service is sent: the message encrypted for one browser (RFC 8291, content
// coding aes128gcm of RFC 8188, one record), and who sends it (VAPID, RFC 8292). A push service sees
// the length and the time of a message, never its words. Pure.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/crypto/p256.h"
#include "kernel/result.h"
#include "kernel/time/time.h"

namespace noroshi::edge::courier {

// One browser that agreed to be woken, as PushManager.subscribe() gives it.
struct PushDevice {
    std::string id;
    std::string endpoint;  // https://…
    std::string point;     // "p256dh", 65 raw bytes
    std::string secret;    // "auth", 16 raw bytes
};
// Message::to of the channel push: a JSON array of {"id","endpoint","p256dh","auth"}, keys in
// base64url. Nothing if any of it is malformed: bytes from a browser, kept by us.
std::optional<std::vector<PushDevice>> read_push_devices(std::string_view text);

// RFC 8291 §3.3 and RFC 8188 §2: more does not fit into one record of 4,096 bytes.
inline constexpr std::size_t push_text_limit = 3'993;

// `salt`: 16 random bytes; `ephemeral`: a key of this message alone. Errors: invalid
// edge.courier.push_device, edge.courier.push_too_long.
Result<std::string> encrypt_push(const PushDevice& to, std::string_view plain,
                                 std::string_view salt, const P256Key& ephemeral);
// The receiver's side, for tests and for whoever writes one. Nothing if it is not for this key.
std::optional<std::string> decrypt_push(std::string_view body, const P256Key& own,
                                        std::string_view secret);

// "https://push.example:8443" of an endpoint; nothing if it is no such URL.
struct PushOrigin {
    std::string text;
    std::string host;
    bool is_secure = true;
};
std::optional<PushOrigin> origin_of(std::string_view endpoint);

// The Authorization header: "vapid t=…, k=…". `contact`: mailto: or https:, whom the push service may
// ask; at most 24 h ahead.
std::string vapid(const P256Key& key, const std::string& origin, const std::string& contact,
                  Instant expires);

}  // namespace noroshi::edge::courier
