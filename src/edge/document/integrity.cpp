#include "edge/document/integrity.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>

#include <zip.h>

#include "kernel/crypto/hash.h"

namespace noroshi::edge::document {

namespace {

constexpr std::string_view first_line = "noroshi sheet 1";
constexpr std::string_view sheet_name = "sheet.txt";
constexpr std::string_view signature_name = "sheet.sig";
constexpr std::string_view key_name = "key.pem";

struct Discard {
    void operator()(zip_t* archive) const { zip_discard(archive); }
};
struct CloseFile {
    void operator()(zip_file_t* file) const { zip_fclose(file); }
};

std::unexpected<Error> damaged(std::string reason) {
    return fail(ErrorKind::invalid, "edge.document.integrity.damaged",
                {{"reason", std::move(reason)}});
}
std::unexpected<Error> broken(std::string_view key, Arguments arguments = {}) {
    return fail(ErrorKind::corrupt, std::string(key), std::move(arguments));
}

const File* find(const std::vector<File>& files, std::string_view name) {
    const auto found = std::ranges::find(files, name, &File::name);
    return found == files.end() ? nullptr : &*found;
}

std::string one_line(std::string text) {
    for (char& c : text)
        if (static_cast<unsigned char>(c) < 0x20) c = ' ';
    return text;
}

std::optional<std::string> read_whole(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) return {};
    return std::string(std::istreambuf_iterator<char>(file), {});
}

bool is_plain(std::string_view name) {
    return !name.empty() && name.front() != '.' &&
           name.find_first_not_of(
               "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
               "0123456789-_.") == std::string_view::npos;
}

struct Sum {
    std::string sha256, name;
};
struct Sheet {
    std::vector<std::pair<std::string, std::string>> says;
    std::vector<Sum> sums;
};

Result<Sheet> read_sheet(std::string_view text) {
    Sheet sheet;
    std::size_t number = 0;
    bool in_sums = false;
    while (!text.empty()) {
        ++number;
        const auto end = text.find('\n');
        if (end == std::string_view::npos)
            return broken("edge.document.integrity.malformed", {{"line", std::to_string(number)}});
        const std::string_view line = text.substr(0, end);
        text.remove_prefix(end + 1);
        if (number == 1) {
            if (line != first_line)
                return broken("edge.document.integrity.malformed", {{"line", "1"}});
        } else if (!in_sums && line.empty()) {
            in_sums = true;
        } else if (!in_sums) {
            const auto colon = line.find(": ");
            if (colon == std::string_view::npos)
                return broken("edge.document.integrity.malformed",
                              {{"line", std::to_string(number)}});
            sheet.says.emplace_back(line.substr(0, colon), line.substr(colon + 2));
        } else {
            const bool good = line.size() > 66 && line.substr(64, 2) == "  " &&
                              from_hex(line.substr(0, 64)) && is_plain(line.substr(66));
            if (!good)
                return broken("edge.document.integrity.malformed",
                              {{"line", std::to_string(number)}});
            sheet.sums.push_back({std::string(line.substr(0, 64)), std::string(line.substr(66))});
        }
    }
    if (sheet.sums.empty())
        return broken("edge.document.integrity.malformed", {{"line", std::to_string(number)}});
    return sheet;
}

}  // namespace

std::string write_sheet(const std::vector<std::pair<std::string, std::string>>& says,
                        const std::vector<File>& files) {
    std::string out(first_line);
    out += '\n';
    for (const auto& [name, value] : says) out += name + ": " + one_line(value) + "\n";
    out += '\n';
    for (const auto& file : files) out += to_hex(sha256(file.bytes)) + "  " + file.name + "\n";
    return out;
}

Result<std::string> write_bundle(const std::vector<std::pair<std::string, std::string>>& says,
                                 std::vector<File> files, const SigningKey& key, Instant at) {
    for (const auto& file : files) ASSERT(is_plain(file.name));
    std::string sheet = write_sheet(says, files);
    std::string signature = key.sign(sheet);
    files.insert(files.begin(), {{std::string(sheet_name), std::move(sheet)},
                                 {std::string(signature_name), std::move(signature)},
                                 {std::string(key_name), to_pem(key.public_key())}});
    zip_error_t error;
    zip_error_init(&error);
    const auto failed = [&](zip_error_t* of) {
        std::string reason = zip_error_strerror(of);
        zip_error_fini(&error);
        return fail(ErrorKind::unavailable, "edge.document.bundle_failed", {{"reason", reason}});
    };
    zip_source_t* target = zip_source_buffer_create(nullptr, 0, 0, &error);
    if (target == nullptr) return failed(&error);
    zip_source_keep(target);  // closing the archive frees one reference; the bytes are read after
    std::unique_ptr<zip_t, Discard> archive(zip_open_from_source(target, ZIP_TRUNCATE, &error));
    if (archive == nullptr) {
        zip_source_free(target);
        zip_source_free(target);
        return failed(&error);
    }
    const auto seconds = std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count();
    for (const auto& file : files) {
        zip_source_t* source =
            zip_source_buffer(archive.get(), file.bytes.data(), file.bytes.size(), 0);
        const zip_int64_t index = source == nullptr ? -1
                                                    : zip_file_add(archive.get(), file.name.c_str(),
                                                                   source, ZIP_FL_ENC_UTF_8);
        if (index < 0) {
            if (source != nullptr) zip_source_free(source);
            zip_source_free(target);
            return failed(zip_get_error(archive.get()));
        }
        zip_file_set_mtime(archive.get(), static_cast<zip_uint64_t>(index), seconds, 0);
    }
    if (zip_close(archive.get()) != 0) {
        const auto reason = failed(zip_get_error(archive.get()));
        archive.reset();
        zip_source_free(target);
        return reason;
    }
    [[maybe_unused]] const auto* closed = archive.release();
    std::string out;
    zip_stat_t stat;
    if (zip_source_stat(target, &stat) == 0 && zip_source_open(target) == 0) {
        out.resize(stat.size);
        const auto read = zip_source_read(target, out.data(), out.size());
        zip_source_close(target);
        if (read < 0 || static_cast<zip_uint64_t>(read) != stat.size) out.clear();
    }
    zip_source_free(target);
    if (out.empty())
        return fail(ErrorKind::unavailable, "edge.document.bundle_failed", {{"reason", "read"}});
    zip_error_fini(&error);
    return out;
}

Result<std::vector<File>> read_bundle(std::string_view zip, std::size_t limit) {
    zip_error_t error;
    zip_error_init(&error);
    zip_source_t* source = zip_source_buffer_create(zip.data(), zip.size(), 0, &error);
    std::unique_ptr<zip_t, Discard> archive(
        source == nullptr ? nullptr : zip_open_from_source(source, ZIP_RDONLY, &error));
    if (archive == nullptr) {
        const std::string reason = zip_error_strerror(&error);
        if (source != nullptr) zip_source_free(source);
        zip_error_fini(&error);
        return damaged(reason);
    }
    zip_error_fini(&error);
    std::vector<File> files;
    const auto count = zip_get_num_entries(archive.get(), 0);
    if (count <= 0 || count > 10'000) return damaged("entries");
    std::size_t left = limit;
    for (zip_int64_t i = 0; i < count; ++i) {
        zip_stat_t stat;
        if (zip_stat_index(archive.get(), static_cast<zip_uint64_t>(i), 0, &stat) != 0 ||
            (stat.valid & ZIP_STAT_NAME) == 0 || (stat.valid & ZIP_STAT_SIZE) == 0)
            return damaged("entry");
        const std::string name = stat.name;
        if (!is_plain(name) || stat.size > left) return damaged(name);
        left -= stat.size;
        const std::unique_ptr<zip_file_t, CloseFile> file(
            zip_fopen_index(archive.get(), static_cast<zip_uint64_t>(i), 0));
        if (file == nullptr) return damaged(name);
        std::string bytes(stat.size, '\0');
        // One more than it says, so that a lie about the size is seen.
        if (zip_fread(file.get(), bytes.data(), bytes.size()) !=
            static_cast<zip_int64_t>(bytes.size()))
            return damaged(name);
        char more = 0;
        if (zip_fread(file.get(), &more, 1) != 0) return damaged(name);
        if (find(files, name) != nullptr) return damaged(name);
        files.push_back({name, std::move(bytes)});
    }
    return files;
}

Result<Checked> check_bundle(const std::vector<File>& files, const PublicKey* expected) {
    const File* sheet_file = find(files, sheet_name);
    const File* signature = find(files, signature_name);
    const File* pem = find(files, key_name);
    if (sheet_file == nullptr) return broken("edge.document.integrity.no_sheet");
    if (signature == nullptr) return broken("edge.document.integrity.no_signature");
    std::optional<PublicKey> key;
    if (pem != nullptr) key = from_pem(pem->bytes);
    if (!key && expected == nullptr) return broken("edge.document.integrity.no_key");
    if (expected != nullptr) {
        if (key && *key != *expected) return broken("edge.document.integrity.other_key");
        key = *expected;
    }
    if (!is_signed(*key, sheet_file->bytes, signature->bytes))
        return broken("edge.document.integrity.bad_signature");
    TRY_LET(auto sheet, read_sheet(sheet_file->bytes));
    Checked checked;
    for (const auto& sum : sheet.sums) {
        const File* file = find(files, sum.name);
        if (file == nullptr) return broken("edge.document.integrity.missing", {{"name", sum.name}});
        if (to_hex(sha256(file->bytes)) != sum.sha256)
            return broken("edge.document.integrity.differs", {{"name", sum.name}});
        checked.files.push_back(sum.name);
    }
    for (const auto& file : files)
        if (file.name != sheet_name && file.name != signature_name && file.name != key_name &&
            std::ranges::find(checked.files, file.name) == checked.files.end())
            return broken("edge.document.integrity.not_listed", {{"name", file.name}});
    checked.says = std::move(sheet.says);
    checked.fingerprint = fingerprint_of(*key);
    return checked;
}

Result<Checked> check_file(const std::string& file, const std::string& key_file) {
    const auto no_file = [](const std::string& name) {
        return fail(ErrorKind::not_found, "edge.document.integrity.no_file", {{"name", name}});
    };
    std::optional<PublicKey> expected;
    if (!key_file.empty()) {
        const auto pem = read_whole(key_file);
        if (!pem) return no_file(key_file);
        expected = from_pem(*pem);
        if (!expected) return broken("edge.document.integrity.no_key");
    }
    const auto bytes = read_whole(file);
    if (!bytes) return no_file(file);
    std::vector<File> files;
    if (bytes->starts_with("PK")) {
        TRY_LET(files, read_bundle(*bytes));
    } else {
        // The sheet by itself: what it names lies beside it; what else lies there is not its matter.
        const auto folder = std::filesystem::path(file).parent_path();
        TRY_LET(const auto sheet, read_sheet(*bytes));
        files.push_back({std::string(sheet_name), *bytes});
        const auto stem = std::filesystem::path(file).stem().string();
        for (const auto& [name, as] :
             {std::pair{stem + ".sig", signature_name}, std::pair{std::string(key_name), key_name}})
            if (auto beside = read_whole(folder / name))
                files.push_back({std::string(as), std::move(*beside)});
        for (const auto& sum : sheet.sums)
            if (auto beside = read_whole(folder / sum.name))
                files.push_back({sum.name, std::move(*beside)});
    }
    return check_bundle(files, expected ? &*expected : nullptr);
}

}  // namespace noroshi::edge::document
