// The public listener's routes, and all of them: nothing of the API answers there.

#include "edge/http/route.h"
#include "respond/notices/notices.h"
#include "respond/notices/notices_public.h"

namespace noroshi::respond::notices {

using edge::http::Reply;
using edge::http::Request;
using edge::http::Routes;

namespace {

Reply reply_of(const SiteFile& file) {
    Reply reply;
    reply.content_type = file.content_type;
    reply.headers.reserve(3);
    reply.headers.emplace_back("ETag", file.etag);
    reply.headers.emplace_back("Cache-Control", "public, max-age=20");
    reply.shared_body = file.body;
    return reply;
}

Result<Reply> file(const Notices& room, std::string_view path) {
    const auto site = room.public_view().site();
    const auto found = site->find(path);
    if (found == site->end()) return fail(ErrorKind::not_found, "respond.notices.no_such_page");
    return reply_of(found->second);
}

Result<Reply> front(const Notices& room, const Request& request) {
    // In the reader's language when the browser names one; else in Japanese.
    TRY_LET(auto reply, file(room, request.language == Language::en ? "/en.html" : "/ja.html"));
    reply.headers.emplace_back("Vary", "Accept-Language");
    return reply;
}

}  // namespace

// Registered by app/rooms.cpp, on the public listener.
Routes& add_public_routes(Routes& routes, Notices& room) {
    const auto reads = anyone("respond.notices.public");
    auto& front_route =
        routes.query<Reply>("/", reads, "The public page, in the reader's language",
                            [&room](const Request& request) { return front(room, request); });
    front_route.answer_type = "text/html";
    routes.query<Reply>("/{page}", reads, "A page, feed.atom, alerts.cap, status.json, style.css",
                        [&room](const Request& request) { return file(room, request.path); });
    routes.query<Reply>("/alerts/{alert}", reads, "The alert of one notice, as CAP 1.2",
                        [&room](const Request& request) { return file(room, request.path); });
    return routes;
}

}  // namespace noroshi::respond::notices
