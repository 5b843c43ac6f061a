#pragma once
/// \file Writing messages in the wire format of protocol buffers
/// (https://protobuf.dev/programming-guides/encoding). ONNX needs no more than this, and sixty lines spare the program
/// a library, its compiler and their versions.

#include <cstdint>
#include <string>
#include <string_view>

namespace mg {

/// One message, as the bytes of its fields in the order in which they were added.
class ProtoMessage {
public:
    /// int64, int32, uint64, bool or enum. A negative number takes ten bytes, as the format wants it.
    void integer(int field, std::int64_t value) {
        key(field, Wire::varint);
        varint(static_cast<std::uint64_t>(value));
    }
    /// string or bytes.
    void text(int field, std::string_view value) {
        key(field, Wire::with_length);
        varint(value.size());
        bytes_ += value;
    }
    void message(int field, const ProtoMessage& value) { text(field, value.bytes_); }

    const std::string& bytes() const { return bytes_; }

private:
    enum class Wire : std::uint64_t { varint = 0, with_length = 2 };

    void key(int field, Wire type) {
        varint(static_cast<std::uint64_t>(field) << 3 | static_cast<std::uint64_t>(type));
    }
    /// Seven bits a byte, the lowest first; the top bit says that more follow.
    void varint(std::uint64_t value) {
        for (; value > 127; value >>= 7) bytes_ += static_cast<char>(128 | (value & 127));
        bytes_ += static_cast<char>(value);
    }

    std::string bytes_;
};

}  // namespace mg
