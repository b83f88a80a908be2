#pragma once
// Carries a finished set of files to where it stays readable when this machine does not: a
// directory, another host by SFTP, or an S3-compatible store (libcurl).
//
// A directory is replaced as a whole: readers see the old set or the new one, never half of each.
// On SFTP and S3 each file is replaced as a whole, pages last, so that no page names what is not
// there yet. Blocks; for a thread of its own.

#include <span>
#include <string>
#include <string_view>

#include "kernel/result.h"

namespace noroshi::edge::courier {

struct CopiedFile {
    std::string path;  // "/feed.atom"
    std::string content_type;
    std::string_view bytes;
};

// Creates what is missing. Errors: unavailable edge.courier.copy_failed {where, reason}; the set
// that was there stays.
Result<> copy_into(const std::string& directory, std::span<const CopiedFile> files);

struct CopyTarget {
    std::string url{};       // sftp://host:22/srv/www, s3+https://host/bucket/prefix (or s3+http)
    std::string user{};      // of SFTP, or the access key
    std::string password{};  // of SFTP, or the secret key
    std::string key_file{};  // SFTP: a private key instead of a password
    std::string known_hosts{};         // SFTP: file that knows the host; needed
    std::string region = "us-east-1";  // S3
};

// Errors: invalid edge.courier.copy_target {url}; unavailable edge.courier.copy_failed.
Result<> push_to(const CopyTarget& target, std::span<const CopiedFile> files);

}  // namespace noroshi::edge::courier
