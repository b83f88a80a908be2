#include "kernel/journal/retention.h"

namespace noroshi::journal {

Retention retention_of(RecordClass record_class) {
    switch (record_class) {
    case RecordClass::incident: return {record_class, "incident", 10};
    case RecordClass::drill: return {record_class, "drill", 5};
    case RecordClass::membership: return {record_class, "membership", 5};
    case RecordClass::contacts: return {record_class, "contacts", 3};
    case RecordClass::port: return {record_class, "port", 10};
    case RecordClass::message: return {record_class, "message", 5};
    case RecordClass::access: return {record_class, "access", 3};
    }
    return {RecordClass::incident, "incident", 10};
}

}  // namespace noroshi::journal
