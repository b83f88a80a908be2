#pragma once
// Integrity sheets: files handed to somebody outside, with a sheet that says what they were, signed by
// this installation. docs/formats/sheet.md; checked by any program with SHA-256 and OpenSSL, by
// tools/verify_sheet.sh, and by `noroshi verify --sheet`.
//
// A bundle is a ZIP of the files, sheet.txt, sheet.sig (64 raw bytes, Ed25519 over sheet.txt) and
// key.pem. Any thread.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kernel/crypto/signing.h"
#include "kernel/result.h"
#include "kernel/time/time.h"

namespace noroshi::edge::document {

struct File {
    std::string name;  // plain: letters, digits, - _ .
    std::string bytes;
};

// `says` are the lines before the sums, "name: value"; line breaks in a value become blanks.
std::string write_sheet(const std::vector<std::pair<std::string, std::string>>& says,
                        const std::vector<File>& files);

// The files with their sheet, its signature and the key. Errors: unavailable
// edge.document.bundle_failed {reason}.
Result<std::string> write_bundle(const std::vector<std::pair<std::string, std::string>>& says,
                                 std::vector<File> files, const SigningKey& key, Instant at);

// A ZIP's files. Errors: invalid edge.document.integrity.damaged {reason}; too much for `limit` bytes
// in all is damaged too.
Result<std::vector<File>> read_bundle(std::string_view zip, std::size_t limit = 1U << 30);

struct Checked {
    std::vector<std::pair<std::string, std::string>> says;
    std::vector<std::string> files;
    std::string fingerprint;  // of the key that signed
};

// Errors: corrupt edge.document.integrity.{no_sheet, no_signature, no_key, bad_signature,
// other_key, missing {name}, differs {name}, not_listed {name}, malformed {line}}.
Result<Checked> check_bundle(const std::vector<File>& files, const PublicKey* expected = nullptr);

// FILE is a bundle, or a sheet.txt with its files beside it; `key_file` the PEM of the installation as
// known from elsewhere, or empty. Errors: those above; not_found edge.document.integrity.no_file.
Result<Checked> check_file(const std::string& file, const std::string& key_file);

}  // namespace noroshi::edge::document
