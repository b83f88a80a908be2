#pragma once
// What the person who installs Noroshi may set, in DIR/config.toml or --config FILE. Everything has
// a default; an unknown name or a wrong type is an error that names file, line and name, because a
// misspelt relay would otherwise be found at 03:00.

#include <cstdint>
#include <string>
#include <vector>

#include "edge/courier/site_copy.h"
#include "edge/courier/smtp_courier.h"
#include "edge/http/server.h"
#include "edge/reception/reception.h"
#include "kernel/result.h"

namespace noroshi::edge::cli {

struct MailRelay {
    std::string name;                   // shown in outcomes: "relay1"
    std::string url;                    // smtp://host:25, smtps://host:465
    std::string starttls = "required";  // required | optional | never
    std::string user;
    std::string password_file;  // the password is not written into the configuration
    std::string ca_file;        // empty: the system's
};

struct SmsGateway {
    std::string name;             // shown in outcomes: "sms1"
    std::string kind = "smpp";    // smpp | kannel | http
    std::string host;             // smpp
    std::int64_t port = 2775;     // smpp
    std::string user;             // smpp: system_id
    std::string password_file;    // the password is not written into the configuration
    std::string system_type;      // smpp
    std::string from;             // our number, or letters
    std::string url;              // kannel: of sendsms; http: with {to} and {text}, or in the body
    std::string method = "POST";  // http
    std::string body;             // http
    std::string content_type = "application/x-www-form-urlencoded";  // http
    bool receipts = true;  // kannel: ask for receipts (public_url must reach us)
    std::string ca_file;
};

// Another installation, or anything that answers 200 while it lives.
struct Watched {
    std::string name;
    std::string url;  // of another Noroshi: https://other.example/api/respond/callout/alive
    std::string ca_file;
};

// How the alarm itself is watched.
struct HeartbeatConfig {
    std::int64_t every_minutes = 60;  // a test message through every gateway
    std::string email, sms, voice;    // where they go; empty: that channel is not tested
    std::vector<std::string> chat;    // "works:user", or "board:" for a room: of each service
    std::string push;                 // login of whose browsers are sent the tests
    std::string ping_url;             // asked for once a minute while the alarm lives
    std::string ca_file;              // for it; empty: the system's
    std::vector<Watched> watch;
};

// A telephone exchange or trunk that speaks SIP.
struct VoiceGateway {
    std::string name;  // shown in outcomes: "voice1"
    std::string host;
    std::int64_t port = 5060;
    std::string domain;         // of addresses; empty: host
    std::string user;           // our number
    std::string password_file;  // the password is not written into the configuration
    std::string number_prefix;  // instead of "+81": "0"; empty: numbers as they are
    bool registers = false;     // as an extension does: REGISTER before each call
};

// A chat (edge/courier/chat_courier.h). What goes there leaves the house.
struct ChatSettings {
    std::string name;            // as contacts name it: "works:mori@north"
    std::string kind = "slack";  // slack | teams | line_works
    std::string url_file;        // of the webhook: whoever has it can post
    std::string url;             // instead, where it is no secret; line_works: of the API
    bool direct = false;         // slack: the webhook may write to one person
    bool room = false;           // it is told of call-outs
    std::string max_tlp = "green";
    std::vector<std::string> organisations;  // of which it is the room; empty: of the whole port
    std::string channel;                     // line_works: of the room
    std::string auth_url;
    std::string client_id;
    std::string client_secret_file;
    std::string service_account;
    std::string private_key_file;
    std::string bot;
    std::string ca_file;
};

// Browsers that are woken (RFC 8030, 8291, 8292); on when `contact` is set.
struct PushSettings {
    std::string contact;                // "mailto:…" or "https:…": whom a push service may ask
    std::vector<std::string> services;  // hosts we send to; empty: those of the usual browsers
    std::string ca_file;                // empty: the system's
};

struct Config {
    std::string store;  // empty: SQLite in the data directory; else a libpq string
    std::string zone = "Asia/Tokyo";
    std::string public_url;  // of links in messages; empty: from the first listener
    std::string mail_from = "noroshi@localhost";
    std::vector<MailRelay> relays;         // tried in turn
    std::string mail_folder;               // instead of relays: .eml files into this directory
    std::vector<SmsGateway> sms_gateways;  // another one is taken where one is in trouble
    HeartbeatConfig heartbeat;
    PushSettings push;
    std::vector<ChatSettings> chats;
    std::vector<VoiceGateway> voice_gateways;  // the next one is taken where one is in trouble
    std::int64_t voice_lines = 8;              // calls at the same time
    std::int64_t voice_ring_seconds = 45;
    std::string inbound_token_file;  // what HTTP gateways prove themselves by, in [sms]
    std::string country = "81";      // of telephone numbers written without one
    std::vector<http::Listen> listen;
    bool behind_tls_proxy = false;
    unsigned http_threads = 1;
    std::string watch_rules;  // folders; empty: rules, indicators, allowed in the data directory
    std::string watch_indicators;
    std::string watch_allowed;
    bool watch_own_rules = true;            // those inside the binary too
    reception::ReceptionOptions reception;  // [[watch.receive]], and the folder of files
    std::string web_root;
    std::string log_file;         // empty: stderr
    http::Listen public_listen;   // of the public page; by default a free port on this machine
    std::string public_page_url;  // as the public knows it; empty: the listener's own address
    std::string public_copy;  // directory of the static copy; empty: "public" in the data directory
    std::vector<courier::CopyTarget> public_push;  // where the copy is pushed to, besides
};

// Errors: invalid edge.cli.config_{unreadable, malformed, unknown_name, wrong_type} {file, line, name}.
Result<Config> read_config(const std::string& path);
Result<Config> parse_config(std::string_view text, const std::string& path);
// "smtp://host:25" or "smtps://host:465", with the password read from its file. Errors: invalid
// edge.cli.{relay_malformed, password_unreadable}.
Result<courier::SmtpRelay> smtp_relay(const MailRelay& relay);
// The first line. Errors: invalid edge.cli.password_unreadable.
Result<std::string> secret_of(const std::string& file, const std::string& name);
// "127.0.0.1:8080", "[::1]:0", ":8080" (loopback). Errors: invalid edge.cli.listen_malformed {text}.
Result<http::Listen> parse_listen(std::string_view text);

}  // namespace noroshi::edge::cli
