#pragma once
// Two servers cut off from each other: the port's own and the fall-back, restored from a backup.
// `noroshi bundle export` writes what one of them knows since the past they share, `noroshi bundle
// import` takes over into the other what it does not have yet. docs/formats/bundle.md.
//
// Nothing is lost and nothing doubled: a fact is known again by the hash it had where it was first
// written, so the same bundle may be imported twice, and bundles may go back and forth.

#include <cstdint>
#include <string>

#include <boost/describe/class.hpp>

#include "app/installation.h"
#include "kernel/result.h"

namespace noroshi::app {

struct BundleExport {
    std::string path;
    std::uint64_t after = 0;  // sequence of the last fact that the other server has; 0: find out
};
BOOST_DESCRIBE_STRUCT(BundleExport, (), (path, after))
struct BundleExported {
    std::uint64_t facts = 0;
    std::uint64_t after = 0;
    std::uint64_t blobs = 0;
    std::string sha256;
};
BOOST_DESCRIBE_STRUCT(BundleExported, (), (facts, after, blobs, sha256))

struct BundleImport {
    std::string path;
};
BOOST_DESCRIBE_STRUCT(BundleImport, (), (path))
struct BundleImported {
    std::uint64_t facts = 0;    // in the bundle
    std::uint64_t adopted = 0;  // now
    std::uint64_t known = 0;    // were here already
    std::uint64_t blobs = 0;    // new here
    std::uint64_t erased = 0;   // people of whom nothing was taken over, because they were erased
    std::uint64_t renumbered = 0;  // entries that got another number here
};
BOOST_DESCRIBE_STRUCT(BundleImported, (), (facts, adopted, known, blobs, erased, renumbered))

// Errors: conflict edge.cli.backup.exists {path}; unavailable edge.cli.no_access.
Result<BundleExported> export_bundle(Installation& installation, const BundleExport& request);
// Errors: not_found kernel.store.no_file; corrupt edge.cli.bundle.{not_a_bundle, damaged} {line};
// conflict edge.cli.bundle.{another_installation, no_common_past}.
Result<BundleImported> import_bundle(Installation& installation, const BundleImport& request);

}  // namespace noroshi::app
