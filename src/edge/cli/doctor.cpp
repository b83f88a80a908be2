#include "edge/cli/doctor.h"

#include <openssl/asn1.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <sys/stat.h>

#include <cstdio>
#include <ctime>
#include <filesystem>
#include <memory>

#include "edge/cli/config.h"
#include "edge/cli/control.h"
#include "edge/cli/data_dir.h"
#include "kernel/crypto/hash.h"
#include "kernel/i18n/i18n.h"
#include "kernel/journal/journal.h"
#include "kernel/store/disposal.h"
#include "kernel/store/sqlite_connection.h"
#include "kernel/store/store.h"

namespace noroshi::edge::cli {

namespace {

namespace fs = std::filesystem;
constexpr std::uintmax_t mebibyte = 1024 * 1024;
constexpr std::chrono::minutes clock_may_differ{5};
constexpr std::chrono::hours message_may_wait{1};
constexpr std::chrono::days certificate_soon{30};

class Doctor {
public:
    Doctor(const std::string& dir, Language language, const Clock& clock)
        : language_(language), clock_(clock) {
        out.dir = dir;
    }
    Examination out;

    void sound(std::string what, const Arguments& arguments = {}) {
        find(Health::sound, std::move(what), arguments);
    }
    // Its sentence is edge.cli.doctor.<what>_<how>, and what to do <…>_mend.
    void warn(std::string what, const std::string& how, const Arguments& arguments = {}) {
        find(Health::warning, std::move(what), arguments, "_" + how);
    }
    void broken(std::string what, const std::string& how, const Arguments& arguments = {}) {
        find(Health::broken, std::move(what), arguments, "_" + how);
    }
    std::string words(const Error& error) const { return i18n::text(language_, error); }

    void look_at_files();
    void look_at_config(const std::string& config_file);
    void look_at_space();
    void look_at_store();
    void look_at_certificate(const std::string& path);
    const Config& config() const { return config_; }

private:
    void find(Health health, std::string what, const Arguments& arguments,
              const std::string& how = {}) {
        const auto key = "edge.cli.doctor." + what + how;
        out.health = std::max(out.health, health);
        out.findings.push_back(
            {health, std::move(what), i18n::text(language_, key, arguments),
             health == Health::sound ? "" : i18n::text(language_, key + "_mend", arguments)});
    }
    void look_at_chain(store::Reader& reader);
    void look_at_secrets(store::Reader& reader);
    void look_at_blobs(store::Reader& reader);
    void look_at_outbox(store::Reader& reader);

    Language language_;
    const Clock& clock_;
    Config config_;
    std::optional<Key> key_;
};

bool is_private(const std::string& path) {
    struct stat status{};
    return ::stat(path.c_str(), &status) == 0 && (status.st_mode & 077) == 0;
}

void Doctor::look_at_files() {
    const auto& dir = out.dir;
    if (is_private(dir))
        sound("directory", {{"dir", dir}});
    else
        warn("directory", "open", {{"dir", dir}});
    auto key = read_key(key_path(dir));
    if (!key) {
        broken("key", "unreadable", {{"path", key_path(dir)}, {"reason", words(key.error())}});
    } else {
        key_ = *key;
        if (is_private(key_path(dir)))
            sound("key", {{"path", key_path(dir)}});
        else
            broken("key", "open", {{"path", key_path(dir)}});
    }
    const auto erased = read_erasures(erasures_path(dir));
    if (erased)
        sound("erasures", {{"n", std::to_string(erased->size())}});
    else
        broken("erasures", "unreadable",
               {{"path", erasures_path(dir)}, {"reason", words(erased.error())}});
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(dir, error))
        if (entry.path().filename().string().contains(".unfinished"))
            warn("leftover", "there", {{"path", entry.path().string()}});
}

void Doctor::look_at_config(const std::string& config_file) {
    const auto path = config_file.empty() ? out.dir + "/config.toml" : config_file;
    if (!config_file.empty() || fs::exists(path)) {
        auto read = read_config(path);
        if (!read) {
            broken("config", "malformed", {{"path", path}, {"reason", words(read.error())}});
            return;
        }
        config_ = std::move(*read);
    }
    sound("config", {{"path", path}});
    if (config_.relays.empty() && config_.mail_folder.empty()) warn("mail", "nowhere");
    for (const auto& relay : config_.relays)
        if (const auto read = smtp_relay(relay); !read)
            broken("mail", "relay", {{"name", relay.name}, {"reason", words(read.error())}});
    for (const auto& where : config_.listen)
        if (!where.tls_certificate.empty()) look_at_certificate(where.tls_certificate);
}

void Doctor::look_at_certificate(const std::string& path) {
    std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "r"),
                                                         std::fclose);
    std::unique_ptr<X509, void (*)(X509*)> certificate(
        file ? PEM_read_X509(file.get(), nullptr, nullptr, nullptr) : nullptr, X509_free);
    if (!certificate) return broken("certificate", "unreadable", {{"path", path}});
    std::tm until{};
    if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate.get()), &until) != 1)
        return broken("certificate", "unreadable", {{"path", path}});
    const Instant end{std::chrono::seconds{::timegm(&until)}};
    const auto days = std::chrono::floor<std::chrono::days>(end - clock_.now()).count();
    const Arguments arguments{{"path", path}, {"days", std::to_string(days)}};
    if (end <= clock_.now())
        broken("certificate", "over", arguments);
    else if (end - clock_.now() < certificate_soon)
        warn("certificate", "soon", arguments);
    else
        sound("certificate", arguments);
}

void Doctor::look_at_space() {
    std::error_code error;
    const auto space = fs::space(out.dir, error);
    if (error) return;
    std::error_code none;
    auto size = fs::file_size(database_path(out.dir), none);
    if (none) size = 0;
    const Arguments arguments{{"free", std::to_string(space.available / mebibyte)},
                              {"size", std::to_string(size / mebibyte)}};
    if (space.available < 100 * mebibyte)
        broken("space", "full", arguments);
    else if (space.available < std::max<std::uintmax_t>(1024 * mebibyte, 2 * size))
        warn("space", "short", arguments);
    else
        sound("space", arguments);
}

void Doctor::look_at_store() {
    if (!config_.store.empty()) {
        // Its own tools look after its files; what they hold is looked at as ever.
        auto reader = store::open_postgresql_read_only(config_.store);
        if (!reader) return broken("postgresql", "away", {{"reason", words(reader.error())}});
        sound("postgresql");
        look_at_chain(**reader);
        look_at_secrets(**reader);
        look_at_blobs(**reader);
        look_at_outbox(**reader);
        return;
    }
    const auto path = database_path(out.dir);
    if (!fs::exists(path)) return broken("store", "missing", {{"path", path}});
    {
        auto file = store::sql::SqliteConnection::open(
            path, "", store::sql::SqliteConnection::Access::read_only);
        if (!file)
            return broken("store", "unreadable", {{"path", path}, {"reason", words(file.error())}});
        std::string found;
        const auto looked = (*file)->rows("pragma integrity_check(1)", {}, [&](const auto& row) {
            found = row.bytes(0);
            return true;
        });
        if (!looked || found != "ok")
            return broken("store", "damaged",
                          {{"path", path}, {"reason", looked ? found : words(looked.error())}});
        sound("store", {{"path", path}});
    }
    auto reader = store::open_sqlite_read_only(path);
    if (!reader)
        return broken("store", "unreadable", {{"path", path}, {"reason", words(reader.error())}});
    look_at_chain(**reader);
    look_at_secrets(**reader);
    look_at_blobs(**reader);
    look_at_outbox(**reader);
}

void Doctor::look_at_chain(store::Reader& reader) {
    const auto head = journal::verify_chain(reader);
    if (!head) return broken("chain", "broken", {{"reason", words(head.error())}});
    sound("chain",
          {{"facts", std::to_string(head->sequence)}, {"head", journal::hex_of(head->hash)}});
    Instant last{};
    if (head->sequence > 0)
        (void)reader.facts(head->sequence, [&](const journal::Fact& fact) {
            last = fact.entry_time;
            return true;
        });
    if (last > clock_.now() + clock_may_differ)
        warn("clock", "behind", {{"last", format_rfc3339(last)}});
    else
        sound("clock");
}

void Doctor::look_at_secrets(store::Reader& reader) {
    if (!key_) return;
    std::size_t all = 0;
    std::size_t shut = 0;
    std::size_t passwords = 0;
    const auto read = reader.each_secret("", [&](const store::Secret& secret) {
        ++all;
        if (!open_with(*key_, secret.bytes, secret.kind + "\n" + secret.id)) ++shut;
        if (secret.kind == "password") ++passwords;
        return true;
    });
    if (!read) return broken("secrets", "unreadable", {{"reason", words(read.error())}});
    if (shut > 0)
        broken("secrets", "shut", {{"n", std::to_string(shut)}, {"all", std::to_string(all)}});
    else
        sound("secrets", {{"all", std::to_string(all)}});
    if (passwords == 0) warn("people", "nobody", {{"dir", out.dir}});
}

void Doctor::look_at_blobs(store::Reader& reader) {
    std::size_t all = 0;
    std::string wrong;
    const auto read = reader.each_blob([&](const store::Blob& blob) {
        ++all;
        if (to_hex(sha256(blob.bytes)) != blob.sha256) wrong = blob.sha256;
        return wrong.empty();
    });
    if (!read || !wrong.empty())
        broken("blobs", "changed", {{"name", read ? wrong : words(read.error())}});
    else
        sound("blobs", {{"n", std::to_string(all)}});
}

void Doctor::look_at_outbox(store::Reader& reader) {
    std::size_t late = 0;
    std::size_t gave_up = 0;
    std::size_t doubted = 0;
    const Instant now = clock_.now();
    const auto read = reader.each_outbox([&](const store::OutboxRow& row) {
        const bool waits =
            row.state == store::OutboxState::waiting || row.state == store::OutboxState::sending;
        if (waits && row.attempts > 0 && row.next_try + message_may_wait < now) ++late;
        if (row.state == store::OutboxState::gave_up) ++gave_up;
        if (row.in_doubt > 0) ++doubted;
        return true;
    });
    if (!read) return broken("messages", "unreadable", {{"reason", words(read.error())}});
    const Arguments arguments{{"late", std::to_string(late)},
                              {"gave_up", std::to_string(gave_up)},
                              {"doubted", std::to_string(doubted)}};
    if (late > 0)
        warn("messages", "late", arguments);
    else
        sound("messages", arguments);
}

}  // namespace

Result<Examination> examine(const std::string& dir, const std::string& config_file,
                            Language language, const Clock& clock) {
    // A directory whose key was lost is still one: its journal says so.
    if (!fs::is_directory(dir) || (!is_data_dir(dir) && !fs::exists(database_path(dir))))
        return fail(ErrorKind::not_found, "edge.cli.not_noroshi", {{"dir", dir}});
    Doctor doctor(dir, language, clock);
    doctor.out.running = call(dir, "running", "{}").has_value();
    doctor.look_at_files();
    doctor.look_at_config(config_file);
    doctor.look_at_space();
    doctor.look_at_store();
    return std::move(doctor.out);
}

}  // namespace noroshi::edge::cli
