#pragma once
/// \file Array: the only owner of memory. The space is in the type; a copy between spaces is an explicit call.

#include <type_traits>
#include <utility>
#include <vector>

#include "core/memory.hpp"

namespace mg {

/// A contiguous array of trivially copyable T in Space. Move-only; contents are undefined after resize().
template <class T, class Space>
class Array {
    static_assert(std::is_trivially_copyable_v<T>);

public:
    Array() = default;
    explicit Array(std::size_t n) { resize(n); }
    Array(const Array&) = delete;
    Array& operator=(const Array&) = delete;
    Array(Array&& other) noexcept
        : data_(std::exchange(other.data_, nullptr)),
          size_(std::exchange(other.size_, 0)),
          capacity_(std::exchange(other.capacity_, 0)) {}
    Array& operator=(Array&& other) noexcept {
        std::swap(data_, other.data_);
        std::swap(size_, other.size_);
        std::swap(capacity_, other.capacity_);
        return *this;
    }
    ~Array() { release(); }

    /// Makes room for n elements; contents are undefined. Memory is kept where it suffices.
    void resize(std::size_t n) {
        if (n > capacity_) {
            release();
            data_ = static_cast<T*>(allocate(Space{}, n * sizeof(T)));
            capacity_ = n;
        }
        size_ = n;
    }

    std::size_t size() const { return size_; }
    bool empty() const { return size_ == 0; }
    T* data() { return data_; }
    const T* data() const { return data_; }

    T& operator[](std::size_t i) requires std::is_same_v<Space, Host> { return data_[i]; }
    const T& operator[](std::size_t i) const requires std::is_same_v<Space, Host> { return data_[i]; }
    T* begin() requires std::is_same_v<Space, Host> { return data_; }
    T* end() requires std::is_same_v<Space, Host> { return data_ + size_; }
    const T* begin() const requires std::is_same_v<Space, Host> { return data_; }
    const T* end() const requires std::is_same_v<Space, Host> { return data_ + size_; }

private:
    void release() noexcept {
        if (data_) deallocate(Space{}, data_);
        data_ = nullptr;
        size_ = capacity_ = 0;
    }

    T* data_ = nullptr;
    std::size_t size_ = 0;
    std::size_t capacity_ = 0;
};

/// Copies `from` to `to`, within a space or between spaces; `to` takes the size of `from`.
template <class T, class A, class B>
void copy(const Array<T, A>& from, Array<T, B>& to) {
    to.resize(from.size());
    if (!from.empty()) copy_bytes(A{}, from.data(), B{}, to.data(), from.size() * sizeof(T));
}

/// A new array of Space with the elements of a host vector.
template <class Space, class T>
Array<T, Space> to_space(const std::vector<T>& values) {
    Array<T, Space> array(values.size());
    if (!values.empty()) copy_bytes(Host{}, values.data(), Space{}, array.data(), values.size() * sizeof(T));
    return array;
}

/// The elements as a host vector.
template <class T, class Space>
std::vector<T> to_host(const Array<T, Space>& array) {
    std::vector<T> values(array.size());
    if (!array.empty()) copy_bytes(Space{}, array.data(), Host{}, values.data(), array.size() * sizeof(T));
    return values;
}

template <class T, class Space>
void fill_zero(Array<T, Space>& array) {
    if (!array.empty()) zero_bytes(Space{}, array.data(), array.size() * sizeof(T));
}

}  // namespace mg
