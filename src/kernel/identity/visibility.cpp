#include "kernel/identity/visibility.h"

#include <algorithm>

#include <boost/describe/enum_to_string.hpp>

namespace noroshi {

namespace {

template <class T>
bool contains(const std::vector<T>& all, const T& one) {
    return std::ranges::find(all, one) != all.end();
}

template <class T>
bool share_one(const std::vector<T>& a, const std::vector<T>& b) {
    return std::ranges::any_of(a, [&](const T& one) { return contains(b, one); });
}

template <class T>
bool has_all(const std::vector<T>& all, const std::vector<T>& of_these) {
    return std::ranges::all_of(of_these, [&](const T& one) { return contains(all, one); });
}

}  // namespace

std::string_view label_of(Tlp tlp) {
    switch (tlp) {
    case Tlp::clear: return "TLP:CLEAR";
    case Tlp::green: return "TLP:GREEN";
    case Tlp::amber: return "TLP:AMBER";
    case Tlp::amber_strict: return "TLP:AMBER+STRICT";
    case Tlp::red: return "TLP:RED";
    }
    return "TLP:RED";
}

Result<Tlp> parse_tlp(std::string_view label) {
    for (const auto tlp : {Tlp::clear, Tlp::green, Tlp::amber, Tlp::amber_strict, Tlp::red})
        if (label == label_of(tlp) || label == boost::describe::enum_to_string(tlp, "")) return tlp;
    return fail(ErrorKind::invalid, "kernel.identity.unknown_tlp", {{"label", std::string(label)}});
}

bool may_see(const Viewer& viewer, const Visibility& visibility) {
    if (visibility.tlp == Tlp::clear && !visibility.investigators) return true;
    if (!viewer.person.empty() && contains(visibility.people, viewer.person)) return true;
    if (visibility.tlp == Tlp::red) return false;
    if (visibility.investigators && !viewer.investigator) return false;
    if (visibility.tlp == Tlp::clear) return true;
    if (share_one(viewer.organisations, visibility.organisations)) return true;
    if (visibility.tlp == Tlp::green) return viewer.member;
    return visibility.tlp == Tlp::amber && share_one(viewer.serves, visibility.organisations);
}

bool is_within(const Visibility& inner, const Visibility& outer) {
    const bool reaches_only_people =
        inner.tlp == Tlp::red ||
        (inner.organisations.empty() && inner.tlp != Tlp::clear && inner.tlp != Tlp::green);
    if (outer.investigators && !inner.investigators && !reaches_only_people) return false;
    // Named people pass whether they investigate or not, so here they have to be named outside too.
    if (outer.investigators && !has_all(outer.people, inner.people)) return false;
    if (outer.tlp == Tlp::clear) return true;
    if (inner.tlp == Tlp::clear) return false;
    if (outer.tlp == Tlp::green) return true;
    if (inner.tlp == Tlp::green) return false;
    // From here on both reach only whom they name. That a named person belongs to a named
    // organisation is not known here, so people are compared with people only.
    if (!has_all(outer.people, inner.people)) return false;
    if (inner.tlp == Tlp::red || inner.organisations.empty()) return true;
    if (outer.tlp == Tlp::red || !has_all(outer.organisations, inner.organisations)) return false;
    return inner.tlp == Tlp::amber_strict || outer.tlp == Tlp::amber;
}

}  // namespace noroshi
