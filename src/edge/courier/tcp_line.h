#pragma once
// One blocking TCP connection whose every wait has an end. Not thread-safe, except that one thread
// may read while another writes.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace noroshi::edge::courier {

class TcpLine {
public:
    TcpLine() = default;
    ~TcpLine() { close(); }
    TcpLine(const TcpLine&) = delete;
    TcpLine& operator=(const TcpLine&) = delete;

    // False: no such host, refused, or not in time.
    bool connect(const std::string& host, std::uint16_t port, std::chrono::milliseconds patience);
    void take(int socket);  // an accepted one
    bool is_open() const { return socket_ >= 0; }
    // False: broken, or not all of it in time.
    bool write(std::string_view bytes, std::chrono::milliseconds patience);
    // Appends what comes; false when the other side has closed or broken the connection. Nothing
    // within `patience` is true with nothing appended.
    bool read(std::string& into, std::chrono::milliseconds patience);
    void shut();  // wakes a reader; the reader then closes
    void close();

private:
    int socket_ = -1;
};

}  // namespace noroshi::edge::courier
