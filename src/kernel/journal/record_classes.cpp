#include "kernel/journal/record_classes.h"

#include <map>

namespace noroshi::journal {

namespace {
std::map<std::string_view, RecordClass>& classes() {
    static std::map<std::string_view, RecordClass> all;
    return all;
}
}  // namespace

bool know_class(std::string_view kind, RecordClass record_class) {
    classes().emplace(kind, record_class);
    return true;
}

std::optional<RecordClass> class_of(std::string_view kind) {
    const auto found = classes().find(kind);
    if (found == classes().end()) return {};
    return found->second;
}

std::optional<RecordClass> class_named(std::string_view name) {
    for (const auto one :
         {RecordClass::incident, RecordClass::drill, RecordClass::membership, RecordClass::contacts,
          RecordClass::port, RecordClass::message, RecordClass::access})
        if (retention_of(one).name == name) return one;
    return {};
}

}  // namespace noroshi::journal
