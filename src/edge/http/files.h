#pragma once
// The web client's files: from the binary, or from a directory while developing. Fields are written
// once per file, not once per request. Compressible files are also kept gzipped; names under
// /assets/ carry a hash and never change, everything else is asked for again with its ETag.
// Immutable after construction, hence safe from any thread.

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "edge/http/response.h"
#include "edge/http/route.h"

namespace noroshi::edge::http {

struct File {
    std::string fields;  // complete header lines of this file
    std::string etag;
    std::shared_ptr<const std::string> bytes;
};

class Files {
public:
    // `root` empty: the embedded bundle.
    explicit Files(std::string root);

    // The file at a decoded path ("/", "/assets/index-4f1a.js"). A path without a dot in its last
    // segment is a page of the client and gives index.html. Null: there is none.
    std::shared_ptr<const File> find(std::string_view path, bool accepts_gzip) const;

private:
    struct Forms {
        std::shared_ptr<const File> plain;
        std::shared_ptr<const File> gzipped;  // null if it would not be smaller
    };
    static Forms forms_of(std::string_view path, std::string bytes, bool compress);
    const Forms* kept(std::string_view path) const;

    std::string root_;
    std::unordered_map<std::string, Forms> files_;
};

// Answers a GET or HEAD of `file`, 304 if the client has it.
int write_file(Outgoing& out, std::shared_ptr<const File> file, const Request& request,
               const Manner& manner);

std::string_view media_type_of(std::string_view path);
bool accepts_gzip(std::string_view accept_encoding);

}  // namespace noroshi::edge::http
