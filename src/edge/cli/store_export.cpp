// Everything in open formats, for a reader that has never heard of Noroshi. docs/formats/backup.md
// describes the files; tools/verify_export.py checks them with nothing but Python.

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <vector>

#include "edge/cli/data_dir.h"
#include "edge/cli/store_cli.h"
#include "kernel/crypto/hash.h"
#include "kernel/journal/fact.h"
#include "kernel/json/json.h"
#include "kernel/store/files.h"
#include "kernel/store/tables.h"

namespace noroshi::edge::cli {

namespace {

constexpr std::string_view read_me =
    R"(Noroshi からの書き出し / An export from Noroshi
==============================================

facts.jsonl     ジャーナルの全事実。1 行に 1 件の JSON。hash は docs/formats/journal.md の方式で検証できます。
                All facts of the journal, one JSON object per line. "hash" is the SHA-256 over
                  noroshi fact 1\n
                and then, for each field in this order, "<length in bytes>:<bytes>\n":
                  sequence stream stream_version kind schema body actor event_time entry_time
                  exercise visibility previous
                with numbers in decimal, times in microseconds since 1970 UTC, previous in hex.
                "body" and "visibility" are JSON texts, kept to the byte.
blobs/          添付。ファイル名は内容の SHA-256。 / Attachments, named by their SHA-256.
outbox.jsonl    送信の記録（本文は person_keys.jsonl を含む書き出しのみ）。
                What was sent to whom and what became of it (texts only if keys are included).
settings.json   設定 / Settings.
person_keys.jsonl  あれば、封印された個人情報を読むための鍵。
                If present: the keys that open sealed personal data (docs/formats/sealing.md).
SHA256SUMS      sha256sum -c SHA256SUMS

含まないもの：パスワード、セッション、トークン、7 日で消える再送用の応答。
Not included: passwords, sessions, tokens, and the answers kept seven days for repeated requests.
)";

std::unexpected<Error> no_access(const std::string& path) {
    return fail(ErrorKind::unavailable, "edge.cli.no_access",
                {{"path", path}, {"reason", std::strerror(errno)}});
}

// Writes the files of a folder, and remembers their sums.
class Folder {
public:
    explicit Folder(std::string path) : path_(std::move(path)) {}

    // `fill` writes lines through the function it is given.
    using Write = std::function<void(std::string_view)>;
    Result<> file(const std::string& name, const std::function<Result<>(const Write&)>& fill) {
        const auto path = path_ + "/" + name;
        std::ofstream out(path, std::ios::binary);
        TRY(fill([&](std::string_view bytes) {
            hash_.add(bytes);
            out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
        }));
        out.close();
        const auto sum = to_hex(hash_.finish());
        if (!out) return no_access(path);
        sums_ += sum + "  " + name + "\n";
        return store::sync_path(path);
    }
    Result<> file(const std::string& name, std::string_view content) {
        return file(name, [&](const Write& write) -> Result<> {
            write(content);
            return {};
        });
    }
    const std::string& sums() const { return sums_; }

private:
    std::string path_;
    Sha256Stream hash_;
    std::string sums_;
};

// One JSON object, field by field.
class Object {
public:
    Object& field(std::string_view name, std::string_view text) {
        begin(name);
        json::write_string(out_, text);
        return *this;
    }
    Object& field(std::string_view name, std::uint64_t number) {
        begin(name);
        out_ += std::to_string(number);
        return *this;
    }
    Object& field(std::string_view name, Instant at) { return field(name, format_rfc3339(at)); }
    Object& raw(std::string_view name, std::string_view json) {
        begin(name);
        out_ += json;
        return *this;
    }
    // Text as it is; other bytes under the name with _base64url.
    Object& bytes(std::string_view name, std::string_view bytes) {
        if (store::is_text(bytes)) return field(name, bytes);
        return field(std::string(name) + "_base64url", to_base64url(bytes));
    }
    std::string finish() { return std::exchange(out_, "{") + "}\n"; }

private:
    void begin(std::string_view name) {
        if (out_.size() > 1) out_ += ',';
        json::write_string(out_, name);
        out_ += ':';
    }
    std::string out_ = "{";
};

std::string_view name_of(store::OutboxState state) {
    switch (state) {
    case store::OutboxState::waiting: return "waiting";
    case store::OutboxState::sending: return "sending";
    case store::OutboxState::delivered: return "delivered";
    case store::OutboxState::refused: return "refused";
    case store::OutboxState::gave_up: return "gave_up";
    case store::OutboxState::cancelled: return "cancelled";
    }
    return "";
}

Result<> write_facts(store::Reader& reader, const Folder::Write& write) {
    return reader.facts(1, [&](const journal::Fact& fact) {
        write(Object()
                  .field("sequence", fact.sequence)
                  .field("stream", fact.stream)
                  .field("stream_version", fact.stream_version)
                  .field("kind", fact.kind)
                  .field("schema", std::uint64_t{fact.schema})
                  .field("body", fact.body)
                  .field("actor", fact.actor)
                  .field("event_time", fact.event_time)
                  .field("entry_time", fact.entry_time)
                  .field("exercise", fact.exercise)
                  .field("visibility", fact.visibility)
                  .field("previous", journal::hex_of(fact.previous))
                  .field("hash", journal::hex_of(fact.hash))
                  .finish());
        return true;
    });
}

Result<> write_outbox(store::Reader& reader, const std::optional<Key>& key,
                      const Folder::Write& write) {
    return reader.each_outbox([&](const store::OutboxRow& row) {
        Object line;
        line.field("key", row.key)
            .field("topic", row.topic)
            .field("person", row.person)
            .field("state", name_of(row.state))
            .field("attempts", static_cast<std::uint64_t>(row.attempts))
            .field("in_doubt", static_cast<std::uint64_t>(row.in_doubt))
            .field("next_try", row.next_try)
            .field("expires", row.expires)
            .bytes("last_outcome", row.last_outcome)
            .field("asked_by", row.asked_by);
        if (key)
            if (const auto message = open_with(*key, row.message, "outbox\n" + row.key))
                line.raw("message", *message);
        write(line.finish());
        return true;
    });
}

Result<> write_settings(store::Reader& reader, const Folder::Write& write) {
    Object settings;
    TRY(reader.each_setting([&](std::string_view name, std::string_view value) {
        settings.bytes(name, value);
        return true;
    }));
    write(settings.finish());
    return {};
}

Result<> write_person_keys(store::Reader& reader, const Key& key, const Folder::Write& write) {
    return reader.each_secret("person_key", [&](const store::Secret& secret) {
        if (const auto opened = open_with(key, secret.bytes, "person_key\n" + secret.id))
            write(Object()
                      .field("person", secret.id)
                      .field("key",
                             to_hex(std::span(reinterpret_cast<const std::uint8_t*>(opened->data()),
                                              opened->size())))
                      .finish());
        return true;
    });
}

Result<> write_blobs(store::Reader& reader, Folder& folder) {
    Result<> done;
    TRY(reader.each_blob([&](const store::Blob& blob) {
        done = folder.file("blobs/" + blob.sha256, blob.bytes);
        return done.has_value();
    }));
    return done;
}

Result<store::Head> write_folder(store::Reader& reader, const std::string& dir,
                                 const std::string& path, PersonKeys keys) {
    std::error_code error;
    std::filesystem::create_directories(path + "/blobs", error);
    if (error)
        return fail(ErrorKind::unavailable, "edge.cli.no_access",
                    {{"path", path}, {"reason", error.message()}});
    std::filesystem::permissions(path, std::filesystem::perms::owner_all, error);
    std::optional<Key> key;
    if (keys == PersonKeys::included) {
        TRY_LET(key, read_key(key_path(dir)));
    }
    Folder folder(path);
    TRY_LET(const auto head, reader.head());
    TRY(folder.file("facts.jsonl", [&](const auto& write) { return write_facts(reader, write); }));
    TRY(write_blobs(reader, folder));
    TRY(folder.file("outbox.jsonl",
                    [&](const auto& write) { return write_outbox(reader, key, write); }));
    TRY(folder.file("settings.json",
                    [&](const auto& write) { return write_settings(reader, write); }));
    if (key)
        TRY(folder.file("person_keys.jsonl",
                        [&](const auto& write) { return write_person_keys(reader, *key, write); }));
    TRY(folder.file("README.txt", read_me));
    TRY(store::replace_file(path + "/SHA256SUMS", folder.sums(), 0600));
    TRY(store::sync_path(path + "/blobs"));
    TRY(store::sync_path(path));
    return head;
}

// ---- tar ---------------------------------------------------------------------------------------

// POSIX.1-1988 ustar: a header of 512 bytes, then the content filled up to 512.
std::string tar_header(const std::string& name, std::uint64_t size) {
    std::string header(512, '\0');
    const auto put = [&](std::size_t at, std::string_view text) {
        std::memcpy(header.data() + at, text.data(), text.size());
    };
    const auto octal = [](std::uint64_t number, int digits) {
        char text[32];
        std::snprintf(text, sizeof text, "%0*llo", digits, static_cast<unsigned long long>(number));
        return std::string(text);
    };
    put(0, name);               // 100
    put(100, octal(0600, 7));   // mode
    put(108, octal(0, 7));      // owner
    put(116, octal(0, 7));      // group
    put(124, octal(size, 11));  // below 8 GiB
    put(136, octal(0, 11));     // time: the same content makes the same archive
    put(148, "        ");       // the sum counts its own field as spaces
    put(156, "0");              // a plain file
    put(257, std::string_view("ustar\00000", 8));
    unsigned sum = 0;
    for (const char c : header) sum += static_cast<unsigned char>(c);
    put(148, octal(sum, 6) + '\0' + ' ');
    return header;
}

Result<> write_tar(const std::string& folder, const std::string& root, const std::string& tar) {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
        if (entry.is_regular_file()) files.push_back(entry.path());
    std::ranges::sort(files);
    TRY(store::create_private(tar));
    std::ofstream out(tar, std::ios::binary);
    for (const auto& path : files) {
        const auto name = root + "/" + std::filesystem::relative(path, folder).string();
        const auto size = std::filesystem::file_size(path);
        if (name.size() > 100 || size >= std::uint64_t{1} << 33)
            return fail(ErrorKind::invalid, "edge.cli.backup.not_for_tar", {{"path", name}});
        out << tar_header(name, size) << std::ifstream(path, std::ios::binary).rdbuf();
        if (size == 0) out.clear();  // an empty rdbuf counts as a failure
        out << std::string((512 - size % 512) % 512, '\0');
    }
    out << std::string(1024, '\0');
    out.close();
    if (!out) return no_access(tar);
    return store::sync_path(tar);
}

}  // namespace

Result<store::Head> export_all(store::Reader& reader, const std::string& dir,
                               const std::string& path, PersonKeys keys) {
    if (std::filesystem::exists(path))
        return fail(ErrorKind::conflict, "edge.cli.backup.exists", {{"path", path}});
    std::error_code ignored;
    const auto unfinished = path + ".unfinished";
    std::filesystem::remove_all(unfinished, ignored);
    TRY(reader.hold());
    auto written = write_folder(reader, dir, unfinished, keys);
    reader.release();
    const auto finish = [&]() -> Result<> {
        if (!path.ends_with(".tar")) return store::rename_durably(unfinished, path);
        const auto archive = path + ".unfinished-tar";
        std::filesystem::remove(archive, ignored);
        auto packed = write_tar(unfinished, std::filesystem::path(path).stem().string(), archive);
        if (packed) packed = store::rename_durably(archive, path);
        std::filesystem::remove(archive, ignored);
        return packed;
    };
    if (written)
        if (auto finished = finish(); !finished) written = std::unexpected(finished.error());
    std::filesystem::remove_all(unfinished, ignored);
    return written;
}

}  // namespace noroshi::edge::cli
