#pragma once
// Puts every message as a mail file (.eml) into a directory instead of sending it: for trying out,
// and for installations whose mail leaves by a drop directory. The file is named after the
// message's key, so that a second transmission replaces the first. Thread-safe.

#include <string>

#include "edge/courier/mail.h"
#include "kernel/courier.h"
#include "kernel/time/time.h"

namespace noroshi::edge::courier {

class FileCourier final : public Courier {
public:
    FileCourier(std::string directory, Letterhead from, const Clock& clock);
    Delivery carry(const Message& message, int attempt) override;

private:
    std::string directory_;
    Letterhead from_;
    const Clock& clock_;
};

}  // namespace noroshi::edge::courier
