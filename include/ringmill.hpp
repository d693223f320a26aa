/** @file ringmill.hpp
 *
 *  Ringmill for C++17: rings, channels and partitions of trivially copyable values, and queues of messages.
 *
 *  Classes over `ringmill.h`, header-only and without any logic of their own: each owns one handle, frees it in its
 *  destructor, and each member function is one call of the C function of that name, whose comment says what it does,
 *  how long it waits and what it answers. `capi()` gives the handle, for whatever is not here.
 *
 *      #include <ringmill.hpp>
 *      #include <cstdio>
 *      #include <thread>
 *
 *      int main() {
 *          auto made = ringmill::Channel<int>::make(1024);
 *          if (!made) {
 *              return std::fprintf(stderr, "%s\n", made.message()), 1;
 *          }
 *          ringmill::Channel<int> channel = std::move(*made);
 *          std::thread worker([&] {
 *              long sum = 0;
 *              while (auto number = channel.recv()) {
 *                  sum += *number;
 *              }
 *              std::printf("%ld\n", sum);
 *          });
 *          for (int number = 1; number <= 1000 && channel.send(number) == ringmill::Status::Ok; number++) {
 *          }
 *          (void)channel.close();
 *          worker.join();
 *      }
 *
 *  Errors      No function throws, but for what callables of the user's throw in browse() and purge(), and vectors. What can fail gives a Status, or a Result with a value or a Status: neither may be
 *              ignored. Who prefers exceptions asks for them: Ring<int>::make(64).or_throw().
 *  Ownership   Every class here may be moved, none copied; an object that was moved from has no handle, and its calls
 *              answer Status::InvalidArgument. A Room, View, Pollable, Producer or Consumer has to be gone before the
 *              C header says its parent may not be used any more; a Room or View always before its ring.
 *  Threads     As in the thread table of `ringmill.h`. Moving or destroying an object is for one thread alone.
 *  Types       T is trivially copyable and aligned to at most RINGMILL_ALIGN_MAX.
 *
 *  Needs C++17 and nothing but the standard library; works with -fno-exceptions and -fno-rtti.
 */
#ifndef RINGMILL_HPP
#define RINGMILL_HPP

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#if defined(__cpp_impl_coroutine)
#include <coroutine>
#endif
#if defined(__cpp_exceptions)
#include <stdexcept>
#endif

#include "ringmill.h"

namespace ringmill {

// ---------------------------------------------------------------------------------------------------------------------
// Answers
// ---------------------------------------------------------------------------------------------------------------------

/** What a call answers: ringmill_status by other names, the numbers are the same. */
enum class [[nodiscard]] Status : std::uint32_t {
    Ok = RINGMILL_STATUS_OK,
    Full = RINGMILL_STATUS_FULL,
    Empty = RINGMILL_STATUS_EMPTY,
    Closed = RINGMILL_STATUS_CLOSED,
    TimedOut = RINGMILL_STATUS_TIMED_OUT,
    InvalidArgument = RINGMILL_STATUS_INVALID_ARGUMENT,
    Capacity = RINGMILL_STATUS_CAPACITY,
    OutOfMemory = RINGMILL_STATUS_OUT_OF_MEMORY,
    PartitionCount = RINGMILL_STATUS_PARTITION_COUNT,
    NoSuchPartition = RINGMILL_STATUS_NO_SUCH_PARTITION,
    PartitionTwice = RINGMILL_STATUS_PARTITION_TWICE,
    NoPartitions = RINGMILL_STATUS_NO_PARTITIONS,
    Busy = RINGMILL_STATUS_BUSY,
    StaleHandle = RINGMILL_STATUS_STALE_HANDLE,
    Unsupported = RINGMILL_STATUS_UNSUPPORTED,
    System = RINGMILL_STATUS_SYSTEM,
    Panic = RINGMILL_STATUS_PANIC,
    TooLarge = RINGMILL_STATUS_TOO_LARGE,
    TooManyHeaders = RINGMILL_STATUS_TOO_MANY_HEADERS,
    NoSuchLevel = RINGMILL_STATUS_NO_SUCH_LEVEL,
    NoKey = RINGMILL_STATUS_NO_KEY,
    KeyFull = RINGMILL_STATUS_KEY_FULL,
    DelayTooLong = RINGMILL_STATUS_DELAY_TOO_LONG,
    NoDedup = RINGMILL_STATUS_NO_DEDUP,
    DedupConflict = RINGMILL_STATUS_DEDUP_CONFLICT,
    StaleReceipt = RINGMILL_STATUS_STALE_RECEIPT,
    AlreadySettled = RINGMILL_STATUS_ALREADY_SETTLED,
    NotFound = RINGMILL_STATUS_NOT_FOUND,
    Leased = RINGMILL_STATUS_LEASED,
    NotDelayed = RINGMILL_STATUS_NOT_DELAYED,
    QuotaExceeded = RINGMILL_STATUS_QUOTA_EXCEEDED,
    NotDeferred = RINGMILL_STATUS_NOT_DEFERRED,
    InvalidConfig = RINGMILL_STATUS_INVALID_CONFIG,
    NameConflict = RINGMILL_STATUS_NAME_CONFLICT,
};

/** A sentence for a status: ringmill_status_text(). Lives for ever. */
inline const char *text(Status status) noexcept { return ringmill_status_text(static_cast<std::uint32_t>(status)); }

/** The detail of the last failure in this thread: ringmill_last_message(). Lives until the next one. */
inline const char *last_message() noexcept { return ringmill_last_message(); }

#if defined(__cpp_exceptions)
/** What or_throw() throws: the status, its text and the detail. */
class Error : public std::runtime_error {
public:
    explicit Error(Status status)
        : std::runtime_error(std::string(text(status)) + ": " + last_message()), status_(status) {}
    Status status() const noexcept { return status_; }

private:
    Status status_;
};

/** Throws Error unless `status` is Ok. */
inline void or_throw(Status status) {
    if (status != Status::Ok) {
        throw Error(status);
    }
}
#endif

/** A value, or the status that says why there is none. */
template <class T> class [[nodiscard]] Result {
public:
    Result(T &&value) noexcept(std::is_nothrow_move_constructible_v<T>) : value_(std::move(value)) {}
    Result(const T &value) : value_(value) {}
    /** `status` is not Ok. */
    Result(Status status) noexcept : status_(status) {}

    /** Whether there is a value. */
    explicit operator bool() const noexcept { return value_.has_value(); }
    /** Ok if there is a value. */
    Status status() const noexcept { return status_; }
    /** text() of the status. */
    const char *message() const noexcept { return text(status_); }

    /** The value. Undefined if there is none, as with std::optional. */
    T &operator*() & noexcept { return *value_; }
    const T &operator*() const & noexcept { return *value_; }
    T &&operator*() && noexcept { return *std::move(value_); }
    T *operator->() noexcept { return &*value_; }
    const T *operator->() const noexcept { return &*value_; }

    /** The value, or another one. */
    template <class U> T value_or(U &&other) const & {
        return value_ ? *value_ : static_cast<T>(std::forward<U>(other));
    }

#if defined(__cpp_exceptions)
    /** The value; throws Error if there is none. */
    T or_throw() && {
        ringmill::or_throw(status_);
        return *std::move(value_);
    }
#endif

private:
    std::optional<T> value_;
    Status status_ = Status::Ok;
};

/** How many elements of a batch went through, whatever the status: what a call that waits in the middle answers. */
struct [[nodiscard]] Sent {
    Status status;
    std::size_t count;
};

// ---------------------------------------------------------------------------------------------------------------------
// Views and time
// ---------------------------------------------------------------------------------------------------------------------

/** Elements next to each other in memory of somebody else. Made from arrays, vectors, std::array, std::span. */
template <class T> class Span {
public:
    constexpr Span() noexcept = default;
    constexpr Span(T *data, std::size_t size) noexcept : data_(data), size_(size) {}
    template <std::size_t N> constexpr Span(T (&array)[N]) noexcept : data_(array), size_(N) {}
    template <class C, class = std::enable_if_t<std::is_convertible_v<
                           std::remove_pointer_t<decltype(std::data(std::declval<C &>()))> (*)[], T (*)[]>>>
    constexpr Span(C &&container) noexcept : data_(std::data(container)), size_(std::size(container)) {}

    constexpr T *data() const noexcept { return data_; }
    constexpr std::size_t size() const noexcept { return size_; }
    constexpr bool empty() const noexcept { return size_ == 0; }
    constexpr T *begin() const noexcept { return data_; }
    constexpr T *end() const noexcept { return data_ + size_; }
    constexpr T &operator[](std::size_t i) const noexcept { return data_[i]; }

private:
    T *data_ = nullptr;
    std::size_t size_ = 0;
};

/** No time-out: wait as long as it takes. */
inline constexpr std::chrono::nanoseconds FOREVER{RINGMILL_FOREVER};
/** Do not wait at all: what cannot be done is Full or Empty. */
inline constexpr std::chrono::nanoseconds NOW{0};

namespace detail {

/** A handle that its C function frees. */
template <class Handle, void (*Free)(Handle *)> struct Deleter {
    void operator()(Handle *handle) const noexcept { Free(handle); }
};
template <class Handle, void (*Free)(Handle *)> using Owner = std::unique_ptr<Handle, Deleter<Handle, Free>>;

inline Status status(ringmill_status answer) noexcept { return static_cast<Status>(answer); }

/** A time-out of any unit; what does not fit is as far as it goes. */
template <class Rep, class Period> std::int64_t nanoseconds(std::chrono::duration<Rep, Period> timeout) noexcept {
    using Long = std::chrono::duration<long double>;
    if (Long(timeout) >= Long(FOREVER)) {
        return RINGMILL_FOREVER;
    }
    return timeout <= timeout.zero() ? 0 : std::chrono::duration_cast<std::chrono::nanoseconds>(timeout).count();
}

template <class T> constexpr bool check_element() {
    static_assert(std::is_trivially_copyable_v<T>, "elements are copied byte by byte: T must be trivially copyable");
    static_assert(!std::is_const_v<T> && std::is_object_v<T>, "T must be a plain value");
    static_assert(alignof(T) <= RINGMILL_ALIGN_MAX, "T is aligned more than a ring can give");
    return true;
}

/** An answer with a value that is made only when it is Ok. */
template <class T, class Make> Result<T> result(ringmill_status answer, Make make) {
    return answer == RINGMILL_STATUS_OK ? Result<T>(make()) : Result<T>(status(answer));
}

/** Room for one T that need not have a default constructor. */
template <class T> union Slot {
    unsigned char none;
    T value;
    Slot() noexcept : none(0) {}
};

} // namespace detail

// ---------------------------------------------------------------------------------------------------------------------
// Rings
// ---------------------------------------------------------------------------------------------------------------------

/** Room in a ring, to be written in place: ringmill_room. Given up when it is destroyed, unless it was committed.
 *
 *  `Dense` (spsc): the elements are next to each other, in two parts.
 */
template <class T, bool Dense> class [[nodiscard]] Room {
public:
    Room(ringmill_ring *ring, const ringmill_room &room) noexcept : ring_(ring), room_(room) {}
    Room(Room &&other) noexcept : ring_(std::exchange(other.ring_, nullptr)), room_(other.room_) {}
    Room &operator=(Room &&other) noexcept {
        if (this != &other) {
            (void)cancel();
            ring_ = std::exchange(other.ring_, nullptr);
            room_ = other.room_;
        }
        return *this;
    }
    ~Room() { (void)cancel(); }

    /** How many elements fit. */
    std::size_t size() const noexcept { return room_.first_count + room_.second_count; }
    /** Where element `i` goes, below size(): ringmill_room_at(). Its bytes are undefined until it is written. */
    T &operator[](std::size_t i) const noexcept { return *static_cast<T *>(ringmill_room_at(&room_, i)); }
    /** The part up to the end of the ring. */
    Span<T> first() const noexcept {
        static_assert(Dense, "elements of this ring are not next to each other: use operator[]");
        return {static_cast<T *>(room_.first), room_.first_count};
    }
    /** The part from the beginning of the ring on; may be empty. */
    Span<T> second() const noexcept {
        static_assert(Dense, "elements of this ring are not next to each other: use operator[]");
        return {static_cast<T *>(room_.second), room_.second_count};
    }

    /** Publishes the first `count` elements: ringmill_ring_commit(). If it is Ok, the room is over. */
    Status commit(std::size_t count) noexcept { return over(ringmill_ring_commit(ring_, &room_, count)); }
    /** Publishes all. */
    Status commit() noexcept { return commit(size()); }
    /** Gives it up: ringmill_ring_cancel(). */
    Status cancel() noexcept { return ring_ == nullptr ? Status::Ok : over(ringmill_ring_cancel(ring_, &room_)); }

    const ringmill_room &capi() const noexcept { return room_; }

private:
    Status over(ringmill_status answer) noexcept {
        if (answer == RINGMILL_STATUS_OK) {
            ring_ = nullptr;
        }
        return detail::status(answer);
    }

    ringmill_ring *ring_;
    ringmill_room room_;
};

/** Elements in a ring, to be read in place: ringmill_view.
 *
 *  If it is destroyed without release(), an spsc ring keeps the elements, and an mpmc ring, for which they are taken
 *  already, has lost them.
 */
template <class T, bool Dense> class [[nodiscard]] View {
public:
    View(ringmill_ring *ring, const ringmill_view &view) noexcept : ring_(ring), view_(view) {}
    View(View &&other) noexcept : ring_(std::exchange(other.ring_, nullptr)), view_(other.view_) {}
    View &operator=(View &&other) noexcept {
        if (this != &other) {
            end();
            ring_ = std::exchange(other.ring_, nullptr);
            view_ = other.view_;
        }
        return *this;
    }
    ~View() { end(); }

    /** How many elements there are. */
    std::size_t size() const noexcept { return view_.first_count + view_.second_count; }
    /** Element `i`, below size(): ringmill_view_at(). */
    const T &operator[](std::size_t i) const noexcept { return *static_cast<const T *>(ringmill_view_at(&view_, i)); }
    /** The part up to the end of the ring. */
    Span<const T> first() const noexcept {
        static_assert(Dense, "elements of this ring are not next to each other: use operator[]");
        return {static_cast<const T *>(view_.first), view_.first_count};
    }
    /** The part from the beginning of the ring on; may be empty. */
    Span<const T> second() const noexcept {
        static_assert(Dense, "elements of this ring are not next to each other: use operator[]");
        return {static_cast<const T *>(view_.second), view_.second_count};
    }

    /** Done with the first `count` elements: ringmill_ring_release(). mpmc: with all. If it is Ok, the view is over. */
    Status release(std::size_t count) noexcept {
        const ringmill_status answer = ringmill_ring_release(ring_, &view_, count);
        if (answer == RINGMILL_STATUS_OK) {
            ring_ = nullptr;
        }
        return detail::status(answer);
    }
    /** Done with all. */
    Status release() noexcept { return release(size()); }

    const ringmill_view &capi() const noexcept { return view_; }

private:
    void end() noexcept {
        if (ring_ != nullptr) {
            (void)release(Dense ? 0 : size());
        }
    }

    ringmill_ring *ring_;
    ringmill_view view_;
};

/** A bounded first-in first-out ring of T: ringmill_ring. Take it as Ring<T> or SpscRing<T>. */
template <class T, std::uint32_t Kind> class BasicRing {
    static constexpr bool DENSE = Kind == RINGMILL_RING_KIND_SPSC;
    static_assert(detail::check_element<T>());

public:
    using Room = ringmill::Room<T, DENSE>;
    using View = ringmill::View<T, DENSE>;

    /** How much memory a ring in the caller's memory needs, and how aligned. */
    struct Memory {
        std::size_t size;
        std::size_t align;
    };

    /** Options with defaults, for T and this kind: ringmill_ring_options_init(). */
    static ringmill_ring_options options(std::size_t capacity) noexcept {
        ringmill_ring_options options = {};
        (void)ringmill_ring_options_init(sizeof options, &options);
        options.capacity = capacity;
        return of_type(options);
    }

    /** Makes a ring: ringmill_ring_new(). */
    static Result<BasicRing> make(std::size_t capacity) noexcept { return make(options(capacity)); }
    /** The same with other options; size and kind of elements are this class's. */
    static Result<BasicRing> make(const ringmill_ring_options &options) noexcept {
        const ringmill_ring_options mine = of_type(options);
        ringmill_ring *ring = nullptr;
        return detail::result<BasicRing>(ringmill_ring_new(&mine, &ring), [&] { return BasicRing(ring); });
    }

    /** What make_in() needs: ringmill_ring_memory(). */
    static Result<Memory> memory(const ringmill_ring_options &options) noexcept {
        const ringmill_ring_options mine = of_type(options);
        Memory memory = {0, 0};
        return detail::result<Memory>(ringmill_ring_memory(&mine, &memory.size, &memory.align), [&] { return memory; });
    }
    /** Makes a ring in memory of the caller, which outlives it: ringmill_ring_new_in(). */
    static Result<BasicRing> make_in(const ringmill_ring_options &options, void *memory, std::size_t size) noexcept {
        const ringmill_ring_options mine = of_type(options);
        ringmill_ring *ring = nullptr;
        return detail::result<BasicRing>(ringmill_ring_new_in(&mine, memory, size, &ring),
                                         [&] { return BasicRing(ring); });
    }

    /** ringmill_ring_push() */
    Status push(const T &value) noexcept { return detail::status(ringmill_ring_push(capi(), &value)); }
    /** ringmill_ring_pop(): the fastest form. `out` is untouched unless it is Ok. */
    Status pop(T &out) noexcept { return detail::status(ringmill_ring_pop(capi(), &out)); }
    /** ringmill_ring_pop() */
    Result<T> pop() noexcept {
        detail::Slot<T> slot;
        return detail::result<T>(ringmill_ring_pop(capi(), &slot.value), [&] { return slot.value; });
    }

    /** All or none: ringmill_ring_push_bulk() */
    Status push_bulk(Span<const T> values) noexcept {
        return detail::status(ringmill_ring_push_bulk(capi(), values.data(), values.size()));
    }
    /** As many as fit, and how many these were: ringmill_ring_push_burst() */
    Result<std::size_t> push_burst(Span<const T> values) noexcept {
        std::size_t pushed = 0;
        return detail::result<std::size_t>(ringmill_ring_push_burst(capi(), values.data(), values.size(), &pushed),
                                           [&] { return pushed; });
    }
    /** As many as there is room for in `out`, or none: ringmill_ring_pop_bulk() */
    Status pop_bulk(Span<T> out) noexcept {
        return detail::status(ringmill_ring_pop_bulk(capi(), out.size(), out.data()));
    }
    /** As many as there are, and how many these were: ringmill_ring_pop_burst() */
    Result<std::size_t> pop_burst(Span<T> out) noexcept {
        std::size_t popped = 0;
        return detail::result<std::size_t>(ringmill_ring_pop_burst(capi(), out.size(), out.data(), &popped),
                                           [&] { return popped; });
    }

    /** Room for up to `count` elements, to be written in place: ringmill_ring_reserve() */
    Result<Room> reserve(std::size_t count) noexcept {
        ringmill_room room = {};
        return detail::result<Room>(ringmill_ring_reserve(capi(), count, &room), [&] { return Room(capi(), room); });
    }
    /** Up to `count` of the oldest elements, to be read in place: ringmill_ring_peek() */
    Result<View> peek(std::size_t count) noexcept {
        ringmill_view view = {};
        return detail::result<View>(ringmill_ring_peek(capi(), count, &view), [&] { return View(capi(), view); });
    }

    /** ringmill_ring_len() */
    std::size_t len() const noexcept { return ringmill_ring_len(capi()); }
    /** ringmill_ring_capacity() */
    std::size_t capacity() const noexcept { return ringmill_ring_capacity(capi()); }

    /** The handle, for the functions of `ringmill.h`. It stays this object's. */
    ringmill_ring *capi() const noexcept { return handle_.get(); }

private:
    using Handle = detail::Owner<ringmill_ring, ringmill_ring_free>;
    explicit BasicRing(ringmill_ring *ring) noexcept : handle_(ring) {}

    static ringmill_ring_options of_type(ringmill_ring_options options) noexcept {
        options.elem_size = sizeof(T);
        options.elem_align = alignof(T);
        options.kind = Kind;
        return options;
    }

    Handle handle_;
};

/** Any number of threads push, any number pop. */
template <class T> using Ring = BasicRing<T, RINGMILL_RING_KIND_MPMC>;
/** One thread pushes, one thread pops. */
template <class T> using SpscRing = BasicRing<T, RINGMILL_RING_KIND_SPSC>;

// ---------------------------------------------------------------------------------------------------------------------
// Channels
// ---------------------------------------------------------------------------------------------------------------------

/** A receiving end of a channel with a file descriptor, for an event loop: ringmill_pollable. */
template <class T> class Pollable {
public:
    explicit Pollable(ringmill_pollable *pollable) noexcept : handle_(pollable) {}

    /** ringmill_pollable_fd() */
    int fd() const noexcept { return ringmill_pollable_fd(capi()); }
    /** ringmill_pollable_recv_or_arm() */
    Result<T> recv_or_arm() noexcept {
        detail::Slot<T> slot;
        return detail::result<T>(ringmill_pollable_recv_or_arm(capi(), &slot.value), [&] { return slot.value; });
    }

    /** The handle, for the functions of `ringmill.h`. It stays this object's. */
    ringmill_pollable *capi() const noexcept { return handle_.get(); }

private:
    detail::Owner<ringmill_pollable, ringmill_pollable_free> handle_;
};

/** A bounded channel of T, for any number of senders and receivers, which may wait: ringmill_channel. */
template <class T> class Channel {
    static_assert(detail::check_element<T>());

public:
    /** Options with defaults, for T: ringmill_channel_options_init(). */
    static ringmill_channel_options options(std::size_t capacity) noexcept {
        ringmill_channel_options options = {};
        (void)ringmill_channel_options_init(sizeof options, &options);
        options.capacity = capacity;
        options.elem_size = sizeof(T);
        return options;
    }

    /** Makes a channel: ringmill_channel_new(). */
    static Result<Channel> make(std::size_t capacity) noexcept { return make(options(capacity)); }
    /** The same with other options; the size of elements is this class's. */
    static Result<Channel> make(ringmill_channel_options options) noexcept {
        options.elem_size = sizeof(T);
        ringmill_channel *channel = nullptr;
        return detail::result<Channel>(ringmill_channel_new(&options, &channel), [&] { return Channel(channel); });
    }

    /** ringmill_channel_try_send() */
    Status try_send(const T &value) noexcept { return detail::status(ringmill_channel_try_send(capi(), &value)); }
    /** Waits as long as it takes: ringmill_channel_send() */
    Status send(const T &value) noexcept { return send_for(value, FOREVER); }
    /** Waits at most `timeout`: ringmill_channel_send() */
    template <class Rep, class Period>
    Status send_for(const T &value, std::chrono::duration<Rep, Period> timeout) noexcept {
        return detail::status(ringmill_channel_send(capi(), &value, detail::nanoseconds(timeout)));
    }

    /** ringmill_channel_try_recv() */
    Result<T> try_recv() noexcept {
        detail::Slot<T> slot;
        return detail::result<T>(ringmill_channel_try_recv(capi(), &slot.value), [&] { return slot.value; });
    }
    /** Waits as long as it takes: ringmill_channel_recv() */
    Result<T> recv() noexcept { return recv_for(FOREVER); }
    /** Waits at most `timeout`: ringmill_channel_recv() */
    template <class Rep, class Period> Result<T> recv_for(std::chrono::duration<Rep, Period> timeout) noexcept {
        detail::Slot<T> slot;
        return detail::result<T>(ringmill_channel_recv(capi(), detail::nanoseconds(timeout), &slot.value),
                                 [&] { return slot.value; });
    }

    /** All of `values`, as room comes up, and how many went through: ringmill_channel_send_batch() */
    template <class Rep = std::int64_t, class Period = std::nano>
    Sent send_batch(Span<const T> values, std::chrono::duration<Rep, Period> timeout = FOREVER) noexcept {
        std::size_t sent = 0;
        const ringmill_status answer =
            ringmill_channel_send_batch(capi(), values.data(), values.size(), detail::nanoseconds(timeout), &sent);
        return {detail::status(answer), sent};
    }
    /** At least `min` and at most out.size() elements, and how many these were: ringmill_channel_recv_batch() */
    template <class Rep = std::int64_t, class Period = std::nano>
    Result<std::size_t> recv_batch(Span<T> out, std::size_t min = 1,
                                   std::chrono::duration<Rep, Period> timeout = FOREVER) noexcept {
        std::size_t received = 0;
        return detail::result<std::size_t>(
            ringmill_channel_recv_batch(capi(), min, out.size(), detail::nanoseconds(timeout), out.data(), &received),
            [&] { return received; });
    }

    /** A receiving end for an event loop: ringmill_pollable_new() */
    Result<Pollable<T>> pollable() noexcept {
        ringmill_pollable *pollable = nullptr;
        return detail::result<Pollable<T>>(ringmill_pollable_new(capi(), &pollable),
                                           [&] { return Pollable<T>(pollable); });
    }

    /** ringmill_channel_close() */
    Status close() noexcept { return detail::status(ringmill_channel_close(capi())); }
    /** ringmill_channel_is_closed() */
    bool is_closed() const noexcept { return ringmill_channel_is_closed(capi()); }
    /** ringmill_channel_len() */
    std::size_t len() const noexcept { return ringmill_channel_len(capi()); }
    /** ringmill_channel_capacity() */
    std::size_t capacity() const noexcept { return ringmill_channel_capacity(capi()); }

    /** The handle, for the functions of `ringmill.h`. It stays this object's. */
    ringmill_channel *capi() const noexcept { return handle_.get(); }

private:
    explicit Channel(ringmill_channel *channel) noexcept : handle_(channel) {}
    detail::Owner<ringmill_channel, ringmill_channel_free> handle_;
};

// ---------------------------------------------------------------------------------------------------------------------
// Partitions
// ---------------------------------------------------------------------------------------------------------------------

/** The hash of a key: ringmill_hash(). */
inline std::uint64_t hash(std::string_view key) noexcept { return ringmill_hash(key.data(), key.size()); }
/** The partition of a key with this hash: ringmill_partition_of(). */
inline std::size_t partition_of(std::uint64_t hash, std::size_t partitions) noexcept {
    return ringmill_partition_of(hash, partitions);
}

/** A writing end of partitions, for any number of threads: ringmill_producer. */
template <class T> class Producer {
public:
    explicit Producer(ringmill_producer *producer) noexcept : handle_(producer) {}

    /** To the partition of its key, which is the answer: ringmill_producer_push_key() */
    template <class Rep = std::int64_t, class Period = std::nano>
    Result<std::size_t> push_key(std::string_view key, const T &value,
                                 std::chrono::duration<Rep, Period> timeout = FOREVER) noexcept {
        return push_key(key.data(), key.size(), value, timeout);
    }
    /** The same with a key of any bytes. */
    template <class Rep = std::int64_t, class Period = std::nano>
    Result<std::size_t> push_key(const void *key, std::size_t key_len, const T &value,
                                 std::chrono::duration<Rep, Period> timeout = FOREVER) noexcept {
        std::size_t partition = 0;
        return detail::result<std::size_t>(
            ringmill_producer_push_key(capi(), key, key_len, &value, detail::nanoseconds(timeout), &partition),
            [&] { return partition; });
    }
    /** ringmill_producer_push_to() */
    template <class Rep = std::int64_t, class Period = std::nano>
    Status push_to(std::size_t partition, const T &value,
                   std::chrono::duration<Rep, Period> timeout = FOREVER) noexcept {
        return detail::status(ringmill_producer_push_to(capi(), partition, &value, detail::nanoseconds(timeout)));
    }
    /** All of `values`, as room comes up, and how many went through: ringmill_producer_push_batch() */
    template <class Rep = std::int64_t, class Period = std::nano>
    Sent push_batch(std::size_t partition, Span<const T> values,
                    std::chrono::duration<Rep, Period> timeout = FOREVER) noexcept {
        std::size_t pushed = 0;
        const ringmill_status answer = ringmill_producer_push_batch(capi(), partition, values.data(), values.size(),
                                                                    detail::nanoseconds(timeout), &pushed);
        return {detail::status(answer), pushed};
    }

    /** The handle, for the functions of `ringmill.h`. It stays this object's. */
    ringmill_producer *capi() const noexcept { return handle_.get(); }

private:
    detail::Owner<ringmill_producer, ringmill_producer_free> handle_;
};

/** An element and the partition it came from. */
template <class T> struct Popped {
    T value;
    std::size_t partition;
};
/** How many elements came, all from one partition. */
struct PoppedBatch {
    std::size_t count;
    std::size_t partition;
};

/** A reading end of partitions, for one thread at a time: ringmill_consumer. */
template <class T> class Consumer {
public:
    explicit Consumer(ringmill_consumer *consumer) noexcept : handle_(consumer) {}

    /** The oldest element of the next partition that has one: ringmill_consumer_pop() */
    template <class Rep = std::int64_t, class Period = std::nano>
    Result<Popped<T>> pop(std::chrono::duration<Rep, Period> timeout = FOREVER) noexcept {
        detail::Slot<T> slot;
        std::size_t partition = 0;
        return detail::result<Popped<T>>(
            ringmill_consumer_pop(capi(), detail::nanoseconds(timeout), &slot.value, &partition), [&] {
                return Popped<T>{slot.value, partition};
            });
    }
    /** Up to out.size() elements of the next partition that has any: ringmill_consumer_pop_batch() */
    template <class Rep = std::int64_t, class Period = std::nano>
    Result<PoppedBatch> pop_batch(Span<T> out, std::chrono::duration<Rep, Period> timeout = FOREVER) noexcept {
        PoppedBatch popped = {0, 0};
        return detail::result<PoppedBatch>(ringmill_consumer_pop_batch(capi(), out.size(), detail::nanoseconds(timeout),
                                                                       out.data(), &popped.partition, &popped.count),
                                           [&] { return popped; });
    }

    /** The handle, for the functions of `ringmill.h`. It stays this object's. */
    ringmill_consumer *capi() const noexcept { return handle_.get(); }

private:
    detail::Owner<ringmill_consumer, ringmill_consumer_free> handle_;
};

/** Consumers of which each partition has exactly one: ringmill_group. */
template <class T> class Group {
public:
    explicit Group(ringmill_group *group) noexcept : handle_(group) {}

    /** One more member: ringmill_group_join() */
    Result<Consumer<T>> join() noexcept {
        ringmill_consumer *consumer = nullptr;
        return detail::result<Consumer<T>>(ringmill_group_join(capi(), &consumer),
                                           [&] { return Consumer<T>(consumer); });
    }

    /** The handle, for the functions of `ringmill.h`. It stays this object's. */
    ringmill_group *capi() const noexcept { return handle_.get(); }

private:
    detail::Owner<ringmill_group, ringmill_group_free> handle_;
};

/** Rings of T as one queue that keeps the order of each key: ringmill_partitions. */
template <class T> class Partitioned {
    static_assert(detail::check_element<T>());

public:
    /** Options with defaults, for T: ringmill_partitions_options_init(). */
    static ringmill_partitions_options options(std::size_t partitions, std::size_t capacity) noexcept {
        ringmill_partitions_options options = {};
        (void)ringmill_partitions_options_init(sizeof options, &options);
        options.partitions = partitions;
        options.capacity = capacity;
        options.elem_size = sizeof(T);
        return options;
    }

    /** Makes partitions, each with room for `capacity` elements: ringmill_partitions_new(). */
    static Result<Partitioned> make(std::size_t partitions, std::size_t capacity) noexcept {
        return make(options(partitions, capacity));
    }
    /** The same with other options; the size of elements is this class's. */
    static Result<Partitioned> make(ringmill_partitions_options options) noexcept {
        options.elem_size = sizeof(T);
        ringmill_partitions *made = nullptr;
        return detail::result<Partitioned>(ringmill_partitions_new(&options, &made), [&] { return Partitioned(made); });
    }

    /** A writing end: ringmill_producer_new() */
    Result<Producer<T>> producer() noexcept {
        ringmill_producer *producer = nullptr;
        return detail::result<Producer<T>>(ringmill_producer_new(capi(), &producer),
                                           [&] { return Producer<T>(producer); });
    }
    /** A reading end of all partitions: ringmill_consumer_new() */
    Result<Consumer<T>> consumer() noexcept { return consumer(nullptr, 0); }
    /** A reading end of some partitions: ringmill_consumer_new() */
    Result<Consumer<T>> consumer_of(Span<const std::size_t> partitions) noexcept {
        // An empty set is an error of the caller; without a pointer it would mean all of them.
        static constexpr std::size_t none = 0;
        return consumer(partitions.empty() ? &none : partitions.data(), partitions.size());
    }
    /** A group, without members: ringmill_group_new() */
    Result<Group<T>> group() noexcept {
        ringmill_group *group = nullptr;
        return detail::result<Group<T>>(ringmill_group_new(capi(), &group), [&] { return Group<T>(group); });
    }

    /** ringmill_partitions_close() */
    Status close() noexcept { return detail::status(ringmill_partitions_close(capi())); }
    /** ringmill_partitions_is_closed() */
    bool is_closed() const noexcept { return ringmill_partitions_is_closed(capi()); }
    /** How many partitions there are: ringmill_partitions_count() */
    std::size_t count() const noexcept { return ringmill_partitions_count(capi()); }
    /** How many elements each has room for: ringmill_partitions_capacity() */
    std::size_t capacity() const noexcept { return ringmill_partitions_capacity(capi()); }
    /** ringmill_partitions_len_of() */
    Result<std::size_t> len_of(std::size_t partition) const noexcept {
        std::size_t len = 0;
        return detail::result<std::size_t>(ringmill_partitions_len_of(capi(), partition, &len), [&] { return len; });
    }

    /** The handle, for the functions of `ringmill.h`. It stays this object's. */
    ringmill_partitions *capi() const noexcept { return handle_.get(); }

private:
    explicit Partitioned(ringmill_partitions *partitions) noexcept : handle_(partitions) {}

    Result<Consumer<T>> consumer(const std::size_t *set, std::size_t len) noexcept {
        ringmill_consumer *consumer = nullptr;
        return detail::result<Consumer<T>>(ringmill_consumer_new(capi(), set, len, &consumer),
                                           [&] { return Consumer<T>(consumer); });
    }

    detail::Owner<ringmill_partitions, ringmill_partitions_free> handle_;
};

// ---------------------------------------------------------------------------------------------------------------------
// Queues
// ---------------------------------------------------------------------------------------------------------------------

/** What a handler answers: RINGMILL_SETTLE_. */
enum class Settle : std::uint32_t {
    Kept = RINGMILL_SETTLE_KEPT,
    Ack = RINGMILL_SETTLE_ACK,
    Nack = RINGMILL_SETTLE_NACK,
    Reject = RINGMILL_SETTLE_REJECT,
    Release = RINGMILL_SETTLE_RELEASE,
    Panic = RINGMILL_SETTLE_PANIC,
};

/** Why handling failed: RINGMILL_CLASS_. It decides what becomes of the message. */
enum class ErrorClass : std::uint32_t {
    Validation = RINGMILL_CLASS_VALIDATION,
    Business = RINGMILL_CLASS_BUSINESS,
    System = RINGMILL_CLASS_SYSTEM,
    TimedOut = RINGMILL_CLASS_TIMED_OUT,
    Panic = RINGMILL_CLASS_PANIC,
};

/** A message to be put in: ringmill_message. It points to what it is made of, which has to be there until the call that
 *  takes it has ended. */
struct Message : ringmill_message {
    explicit Message(std::string_view payload) noexcept : Message(payload.data(), payload.size()) {}
    Message(const void *payload, std::size_t payload_len) noexcept : ringmill_message() {
        this->payload = payload;
        this->payload_len = payload_len;
    }

    /** Messages with one key go to one partition. */
    Message &with_key(std::string_view key) noexcept {
        static constexpr char none = 0;
        this->key = key.data() == nullptr ? &none : key.data();
        key_len = key.size();
        return *this;
    }
    /** Any of 0 to 31. */
    Message &with_priority(std::uint32_t level) noexcept {
        priority = level == 0 ? RINGMILL_PRIORITY_LOWEST : level;
        return *this;
    }
    /** Not to be handed out before so long after it is accepted. */
    template <class Rep, class Period> Message &after(std::chrono::duration<Rep, Period> delay) noexcept {
        delay_ns = detail::nanoseconds(delay);
        return *this;
    }
    /** Not to be handed out before this date. */
    Message &at(std::chrono::system_clock::time_point date) noexcept {
        due_at_ns = std::chrono::duration_cast<std::chrono::nanoseconds>(date.time_since_epoch()).count();
        return *this;
    }
    /** How long it may live since it is due. */
    template <class Rep, class Period> Message &lives(std::chrono::duration<Rep, Period> time) noexcept {
        ttl_ns = detail::nanoseconds(time);
        return *this;
    }
    /** Its headers. */
    Message &with_headers(Span<const ringmill_header> all) noexcept {
        headers = all.data();
        headers_count = all.size();
        return *this;
    }
};

/** A header of a message. */
inline ringmill_header header(std::string_view name, std::string_view value) noexcept {
    return {name.data(), name.size(), value.data(), value.size()};
}

namespace detail {

inline std::string_view text_of(const void *start, std::size_t len) noexcept {
    return {static_cast<const char *>(start), start == nullptr ? 0 : len};
}

/** Calls a callable of the user's where C calls; an exception waits until C has returned. */
template <class F> class Caught {
public:
    explicit Caught(F &call) noexcept : call_(call) {}

    template <class R, class... Args> R operator()(R otherwise, Args &&...args) noexcept {
#if defined(__cpp_exceptions)
        try {
            return call_(std::forward<Args>(args)...);
        } catch (...) {
            if (!thrown_) {
                thrown_ = std::current_exception();
            }
            return otherwise;
        }
#else
        (void)otherwise;
        return call_(std::forward<Args>(args)...);
#endif
    }

    void rethrow() {
#if defined(__cpp_exceptions)
        if (thrown_) {
            std::rethrow_exception(thrown_);
        }
#endif
    }

    /** A filter of C. */
    static bool filter(void *self, const ringmill_peeked *message) noexcept {
        return (*static_cast<Caught *>(self))(false, *message);
    }

private:
    F &call_;
#if defined(__cpp_exceptions)
    std::exception_ptr thrown_;
#endif
};

} // namespace detail

/** A leased message: ringmill_delivery. Let go of when it is destroyed without having been settled; if that is by an
 *  exception, it is a nack of ErrorClass::Panic.
 *
 *  To be gone before its consumer. What it shows is over when it is settled, moved from or destroyed.
 */
class [[nodiscard]] Delivery {
public:
    Delivery(ringmill_queue_consumer *consumer, const ringmill_delivery &delivery) noexcept
        : consumer_(consumer), delivery_(delivery), exceptions_(std::uncaught_exceptions()) {}
    Delivery(Delivery &&other) noexcept
        : consumer_(std::exchange(other.consumer_, nullptr)), delivery_(other.delivery_),
          exceptions_(std::uncaught_exceptions()) {}
    Delivery &operator=(Delivery &&other) noexcept {
        if (this != &other) {
            end();
            consumer_ = std::exchange(other.consumer_, nullptr);
            delivery_ = other.delivery_;
            exceptions_ = std::uncaught_exceptions();
        }
        return *this;
    }
    ~Delivery() { end(); }

    /** The payload, read in place. */
    std::string_view payload() const noexcept { return detail::text_of(delivery_.payload, delivery_.payload_len); }
    /** The key, if there is one. */
    std::optional<std::string_view> key() const noexcept {
        if (delivery_.key == nullptr) {
            return std::nullopt;
        }
        return detail::text_of(delivery_.key, delivery_.key_len);
    }
    /** The first header of this name: ringmill_delivery_find_header() */
    std::optional<std::string_view> header(std::string_view name) const noexcept {
        ringmill_header found;
        if (ringmill_delivery_find_header(consumer_, &delivery_, name.data(), name.size(), &found) != RINGMILL_STATUS_OK) {
            return std::nullopt;
        }
        return detail::text_of(found.value, found.value_len);
    }
    /** Header `i`, below capi().headers_count: ringmill_delivery_header() */
    Result<ringmill_header> header(std::size_t i) const noexcept {
        ringmill_header found;
        return detail::result<ringmill_header>(ringmill_delivery_header(consumer_, &delivery_, i, &found),
                                               [&] { return found; });
    }
    /** Death `i`, below capi().deaths_count: ringmill_delivery_death() */
    Result<ringmill_death> death(std::size_t i) const noexcept {
        ringmill_death found;
        return detail::result<ringmill_death>(ringmill_delivery_death(consumer_, &delivery_, i, &found),
                                              [&] { return found; });
    }
    /** How often its handling has failed before. */
    std::uint32_t attempts() const noexcept { return delivery_.attempts; }
    /** How often it has been handed out, this time included. */
    std::uint32_t deliveries() const noexcept { return delivery_.deliveries; }
    /** What settles it from elsewhere: Queue::settle(). */
    const ringmill_receipt &receipt() const noexcept { return delivery_.receipt; }
    /** Whether it has not been settled here. */
    bool is_held() const noexcept { return consumer_ != nullptr; }

    /** ringmill_ack() */
    Status ack() noexcept { return over(ringmill_ack(consumer_, &delivery_)); }
    /** ringmill_nack() */
    Status nack(ErrorClass cause = ErrorClass::System, const char *text = nullptr) noexcept {
        return over(ringmill_nack(consumer_, &delivery_, static_cast<std::uint32_t>(cause), text));
    }
    /** ringmill_nack_after() */
    template <class Rep, class Period>
    Status nack_after(std::chrono::duration<Rep, Period> delay, ErrorClass cause = ErrorClass::System,
                      const char *text = nullptr) noexcept {
        return over(ringmill_nack_after(consumer_, &delivery_, static_cast<std::uint32_t>(cause), text,
                                        detail::nanoseconds(delay)));
    }
    /** ringmill_reject() */
    Status reject(const char *text = nullptr) noexcept { return over(ringmill_reject(consumer_, &delivery_, text)); }
    /** ringmill_release() */
    Status release() noexcept { return over(ringmill_release(consumer_, &delivery_)); }
    /** ringmill_snooze() */
    template <class Rep, class Period> Status snooze(std::chrono::duration<Rep, Period> delay) noexcept {
        return over(ringmill_snooze(consumer_, &delivery_, detail::nanoseconds(delay)));
    }
    /** What takes it: ringmill_defer() */
    Result<ringmill_message_handle> defer() noexcept {
        ringmill_message_handle handle;
        const Status status = over(ringmill_defer(consumer_, &delivery_, &handle));
        return status == Status::Ok ? Result<ringmill_message_handle>(handle) : Result<ringmill_message_handle>(status);
    }
    /** ringmill_let_go() */
    Status let_go() noexcept { return over(ringmill_let_go(consumer_, &delivery_)); }
    /** The delivery is kept: ringmill_extend() */
    template <class Rep, class Period> Status extend(std::chrono::duration<Rep, Period> span) noexcept {
        return detail::status(ringmill_extend(consumer_, &delivery_, detail::nanoseconds(span)));
    }

    const ringmill_delivery &capi() const noexcept { return delivery_; }
    /** Gives it to the caller, who settles it by the functions of `ringmill.h`. */
    ringmill_delivery take() noexcept {
        consumer_ = nullptr;
        return delivery_;
    }

private:
    Status over(ringmill_status answer) noexcept {
        consumer_ = nullptr;
        return detail::status(answer);
    }

    void end() noexcept {
        if (consumer_ == nullptr) {
            return;
        }
        if (std::uncaught_exceptions() > exceptions_) {
            (void)nack(ErrorClass::Panic, "exception");
        } else {
            (void)let_go();
        }
    }

    ringmill_queue_consumer *consumer_;
    ringmill_delivery delivery_;
    int exceptions_;
};

/** Room for a payload, to be written in place: ringmill_slot. Given up when it is destroyed, unless it was committed.
 *  To be gone before its producer. */
class [[nodiscard]] Reserved {
public:
    Reserved(ringmill_queue_producer *producer, const ringmill_slot &slot) noexcept : producer_(producer), slot_(slot) {}
    Reserved(Reserved &&other) noexcept : producer_(std::exchange(other.producer_, nullptr)), slot_(other.slot_) {}
    Reserved &operator=(Reserved &&other) noexcept {
        if (this != &other) {
            (void)cancel();
            producer_ = std::exchange(other.producer_, nullptr);
            slot_ = other.slot_;
        }
        return *this;
    }
    ~Reserved() { (void)cancel(); }

    /** Where it is written; zero at first. */
    Span<unsigned char> bytes() const noexcept { return {static_cast<unsigned char *>(slot_.data), slot_.len}; }
    /** ringmill_commit() */
    Result<ringmill_enqueued> commit() noexcept {
        ringmill_enqueued enqueued;
        const ringmill_status answer = ringmill_commit(producer_, &slot_, &enqueued);
        if (answer != RINGMILL_STATUS_BUSY) {
            producer_ = nullptr;
        }
        return detail::result<ringmill_enqueued>(answer, [&] { return enqueued; });
    }
    /** ringmill_cancel() */
    Status cancel() noexcept {
        if (producer_ == nullptr) {
            return Status::Ok;
        }
        return detail::status(ringmill_cancel(std::exchange(producer_, nullptr), &slot_));
    }

    const ringmill_slot &capi() const noexcept { return slot_; }

private:
    ringmill_queue_producer *producer_;
    ringmill_slot slot_;
};

/** The end of a queue that messages go in by, for one thread at a time: ringmill_queue_producer. */
class QueueProducer {
public:
    explicit QueueProducer(ringmill_queue_producer *producer) noexcept : handle_(producer) {}

    /** By the queue's overflow policy: ringmill_enqueue() */
    Result<ringmill_enqueued> enqueue(const ringmill_message &message) noexcept {
        ringmill_enqueued enqueued;
        return detail::result<ringmill_enqueued>(ringmill_enqueue(capi(), &message, &enqueued), [&] { return enqueued; });
    }
    Result<ringmill_enqueued> enqueue(std::string_view payload) noexcept { return enqueue(Message(payload)); }
    /** Waits for room, at most so long: ringmill_enqueue_timeout() */
    template <class Rep, class Period>
    Result<ringmill_enqueued> enqueue_for(const ringmill_message &message,
                                          std::chrono::duration<Rep, Period> timeout) noexcept {
        ringmill_enqueued enqueued;
        return detail::result<ringmill_enqueued>(
            ringmill_enqueue_timeout(capi(), &message, detail::nanoseconds(timeout), &enqueued),
            [&] { return enqueued; });
    }
    /** All of them, as room comes up, and how many went through: ringmill_enqueue_batch() */
    template <class Rep = std::int64_t, class Period = std::nano>
    Sent enqueue_batch(Span<const ringmill_message> messages,
                       std::chrono::duration<Rep, Period> timeout = FOREVER) noexcept {
        std::size_t accepted = 0;
        const ringmill_status answer = ringmill_enqueue_batch(capi(), messages.data(), messages.size(),
                                                              detail::nanoseconds(timeout), &accepted);
        return {detail::status(answer), accepted};
    }
    /** Room for a payload, to be written in place: ringmill_reserve() */
    Result<Reserved> reserve(std::size_t len, const ringmill_message *about = nullptr) noexcept {
        ringmill_slot slot;
        return detail::result<Reserved>(ringmill_reserve(capi(), len, about, &slot),
                                        [&] { return Reserved(capi(), slot); });
    }

    /** The handle, for the functions of `ringmill.h`. It stays this object's. */
    ringmill_queue_producer *capi() const noexcept { return handle_.get(); }

private:
    detail::Owner<ringmill_queue_producer, ringmill_queue_producer_free> handle_;
};

/** What waits for a consumer's descriptor: to be called when that is readable. If it answers true, it is done with, and
 *  may be gone. */
class Waiter {
public:
    bool readable() { return call_(this); }

protected:
    explicit Waiter(bool (*call)(Waiter *)) noexcept : call_(call) {}

private:
    bool (*call_)(Waiter *);
};

#if defined(__cpp_impl_coroutine)
#define RINGMILL_HAS_COROUTINES 1
class QueueConsumer;

/** What `co_await consumer.next(loop)` waits by. */
template <class Loop> class NextDelivery : Waiter {
public:
    NextDelivery(QueueConsumer &consumer, Loop &loop) noexcept : Waiter(retry), consumer_(consumer), loop_(loop) {}

    bool await_ready();
    bool await_suspend(std::coroutine_handle<> waiting);
    Result<Delivery> await_resume() noexcept { return std::move(found_); }

private:
    static bool retry(Waiter *self);

    QueueConsumer &consumer_;
    Loop &loop_;
    std::coroutine_handle<> waiting_;
    Result<Delivery> found_{Status::Empty};
};
#endif

/** The end of a queue that messages come out by, for one thread at a time: ringmill_queue_consumer.
 *
 *      for (ringmill::Delivery &job : consumer) {     until the queue is closed, and all is settled
 *          handle(job.payload());
 *          (void)job.ack();
 *      }
 */
class QueueConsumer {
public:
    explicit QueueConsumer(ringmill_queue_consumer *consumer) noexcept : handle_(consumer) {}

    /** Waits as long as it takes: ringmill_dequeue() */
    Result<Delivery> dequeue() noexcept { return dequeue_for(FOREVER); }
    /** ringmill_dequeue() */
    Result<Delivery> try_dequeue() noexcept { return dequeue_for(NOW); }
    /** Waits at most so long: ringmill_dequeue() */
    template <class Rep, class Period> Result<Delivery> dequeue_for(std::chrono::duration<Rep, Period> timeout) noexcept {
        ringmill_delivery delivery;
        return found(ringmill_dequeue(capi(), detail::nanoseconds(timeout), &delivery), delivery);
    }
    /** A message that was set aside: ringmill_take() */
    Result<Delivery> take(const ringmill_message_handle &message) noexcept {
        ringmill_delivery delivery;
        return found(ringmill_take(capi(), &message, &delivery), delivery);
    }
    /** At least `min` and at most `max`: ringmill_dequeue_batch() */
    template <class Rep = std::int64_t, class Period = std::nano>
    Result<std::vector<Delivery>> dequeue_batch(std::size_t max, std::size_t min = 1,
                                                std::chrono::duration<Rep, Period> timeout = FOREVER) {
        std::vector<ringmill_delivery> room(max);
        std::vector<Delivery> deliveries;
        deliveries.reserve(max);
        std::size_t taken = 0;
        const ringmill_status answer =
            ringmill_dequeue_batch(capi(), min, max, detail::nanoseconds(timeout), room.data(), &taken);
        for (std::size_t i = 0; i < taken; i++) {
            deliveries.emplace_back(capi(), room[i]);
        }
        return detail::result<std::vector<Delivery>>(answer, [&] { return std::move(deliveries); });
    }

    /** Has messages handled in this thread, `max` at most (0: no limit): ringmill_consume().
     *
     *  `handler` is called with a Delivery &, and answers nothing or a Settle. What it has not settled is acked, or as
     *  it answers. An exception that it throws stops here, and is a nack of ErrorClass::Panic with its text.
     */
    template <class Handler, class Rep = std::int64_t, class Period = std::nano>
    Sent consume(Handler &&handler, std::size_t max = 0, std::chrono::duration<Rep, Period> timeout = FOREVER) {
        Handling<std::remove_reference_t<Handler>> handling{capi(), handler};
        std::size_t handled = 0;
        const ringmill_status answer =
            ringmill_consume(capi(), handling.call, &handling, max, detail::nanoseconds(timeout), &handled);
        return {detail::status(answer), handled};
    }

    /** The descriptor for an event loop: ringmill_queue_consumer_fd() */
    Result<int> fd() noexcept {
        int fd = -1;
        return detail::result<int>(ringmill_queue_consumer_fd(capi(), &fd), [&] { return fd; });
    }
    /** ringmill_dequeue_or_arm() */
    Result<Delivery> dequeue_or_arm() noexcept {
        ringmill_delivery delivery;
        return found(ringmill_dequeue_or_arm(capi(), &delivery), delivery);
    }

#if defined(RINGMILL_HAS_COROUTINES)
    /** The next delivery, or the status that says why there will be none, to be awaited. `loop.wait(fd, waiter)` is
     *  called where there is none yet: the loop calls `waiter.readable()` whenever the descriptor is readable, until
     *  that answers true. */
    template <class Loop> NextDelivery<Loop> next(Loop &loop) noexcept { return NextDelivery<Loop>(*this, loop); }
#endif

    /** Deliveries one by one, until there is none: waits for each. */
    class Iterator {
    public:
        using iterator_category = std::input_iterator_tag;
        using value_type = Delivery;
        using difference_type = std::ptrdiff_t;
        using pointer = Delivery *;
        using reference = Delivery &;

        Iterator() noexcept = default;
        explicit Iterator(QueueConsumer *consumer) noexcept : consumer_(consumer) { ++*this; }
        Delivery &operator*() noexcept { return *current_; }
        Delivery *operator->() noexcept { return &*current_; }
        Iterator &operator++() noexcept {
            current_.reset();
            Result<Delivery> next = consumer_->dequeue();
            if (next) {
                current_.emplace(*std::move(next));
            } else {
                consumer_ = nullptr;
            }
            return *this;
        }
        bool operator==(const Iterator &other) const noexcept { return consumer_ == other.consumer_; }
        bool operator!=(const Iterator &other) const noexcept { return consumer_ != other.consumer_; }

    private:
        QueueConsumer *consumer_ = nullptr;
        std::optional<Delivery> current_;
    };
    Iterator begin() noexcept { return Iterator(this); }
    Iterator end() noexcept { return Iterator(); }

    /** The handle, for the functions of `ringmill.h`. It stays this object's. */
    ringmill_queue_consumer *capi() const noexcept { return handle_.get(); }

private:
    Result<Delivery> found(ringmill_status answer, const ringmill_delivery &delivery) noexcept {
        return detail::result<Delivery>(answer, [&] { return Delivery(capi(), delivery); });
    }

    template <class Handler> struct Handling {
        ringmill_queue_consumer *consumer;
        Handler &handler;

        static std::uint32_t call(void *self, const ringmill_delivery *delivery) noexcept {
            auto *handling = static_cast<Handling *>(self);
            Delivery held(handling->consumer, *delivery);
#if defined(__cpp_exceptions)
            try {
                return handling->handle(held);
            } catch (const std::exception &thrown) {
                if (held.is_held()) {
                    (void)held.nack(ErrorClass::Panic, thrown.what());
                }
            } catch (...) {
                if (held.is_held()) {
                    (void)held.nack(ErrorClass::Panic, "exception");
                }
            }
            return RINGMILL_SETTLE_KEPT;
#else
            return handling->handle(held);
#endif
        }

        std::uint32_t handle(Delivery &held) {
            Settle settle = Settle::Ack;
            if constexpr (std::is_void_v<decltype(handler(held))>) {
                handler(held);
            } else {
                settle = handler(held);
            }
            if (!held.is_held()) {
                return RINGMILL_SETTLE_KEPT;
            }
            (void)held.take();
            return static_cast<std::uint32_t>(settle);
        }
    };

    detail::Owner<ringmill_queue_consumer, ringmill_queue_consumer_free> handle_;
};

#if defined(RINGMILL_HAS_COROUTINES)
template <class Loop> bool NextDelivery<Loop>::await_ready() {
    // The first time it is asked for, the descriptor is made.
    const Result<int> fd = consumer_.fd();
    found_ = fd ? consumer_.dequeue_or_arm() : Result<Delivery>(fd.status());
    return found_.status() != Status::Empty;
}
template <class Loop> bool NextDelivery<Loop>::await_suspend(std::coroutine_handle<> waiting) {
    waiting_ = waiting;
    loop_.wait(*consumer_.fd(), static_cast<Waiter &>(*this));
    return true;
}
template <class Loop> bool NextDelivery<Loop>::retry(Waiter *self) {
    auto *next = static_cast<NextDelivery *>(self);
    next->found_ = next->consumer_.dequeue_or_arm();
    if (next->found_.status() == Status::Empty) {
        return false;
    }
    next->waiting_.resume();
    return true;
}
#endif

/** Messages that somebody looks at: ringmill_browse. Each keeps its slot until this is gone. */
class Browse {
public:
    explicit Browse(ringmill_browse *browse) noexcept : handle_(browse) {}

    /** ringmill_browse_len() */
    std::size_t size() const noexcept { return ringmill_browse_len(capi()); }
    /** ringmill_browse_at() */
    Result<ringmill_peeked> at(std::size_t i) const noexcept {
        ringmill_peeked peeked;
        return detail::result<ringmill_peeked>(ringmill_browse_at(capi(), i, &peeked), [&] { return peeked; });
    }

    /** The handle, for the functions of `ringmill.h`. It stays this object's. */
    ringmill_browse *capi() const noexcept { return handle_.get(); }

private:
    detail::Owner<ringmill_browse, ringmill_browse_free> handle_;
};

/** What closing took out of a queue: ringmill_close_report. */
class CloseReport {
public:
    explicit CloseReport(ringmill_close_report *report) noexcept : handle_(report) {}

    /** ringmill_close_report_len() */
    std::size_t size() const noexcept { return ringmill_close_report_len(capi()); }
    /** ringmill_close_report_at() */
    Result<ringmill_message> at(std::size_t i) const noexcept {
        ringmill_message message;
        return detail::result<ringmill_message>(ringmill_close_report_at(capi(), i, &message), [&] { return message; });
    }

    /** The handle, for the functions of `ringmill.h`. It stays this object's. */
    ringmill_close_report *capi() const noexcept { return handle_.get(); }

private:
    detail::Owner<ringmill_close_report, ringmill_close_report_free> handle_;
};

/** Queues that share a clock and a housekeeper: ringmill_engine. */
class Engine {
public:
    /** With any of the RINGMILL_ENGINE_: ringmill_engine_new(). */
    static Result<Engine> make(std::uint32_t flags = 0) noexcept {
        ringmill_engine_options options = {};
        (void)ringmill_engine_options_init(sizeof options, &options);
        options.flags = flags;
        ringmill_engine *engine = nullptr;
        return detail::result<Engine>(ringmill_engine_new(&options, &engine), [&] { return Engine(engine); });
    }

    /** How long nothing will be due: ringmill_engine_tick() */
    Result<std::chrono::nanoseconds> tick() noexcept {
        std::int64_t next = 0;
        return detail::result<std::chrono::nanoseconds>(ringmill_engine_tick(capi(), &next),
                                                        [&] { return std::chrono::nanoseconds(next); });
    }
    /** ringmill_engine_advance() */
    template <class Rep, class Period> Status advance(std::chrono::duration<Rep, Period> by) noexcept {
        return detail::status(ringmill_engine_advance(capi(), detail::nanoseconds(by)));
    }
    /** ringmill_engine_close() */
    Status close() noexcept { return detail::status(ringmill_engine_close(capi())); }

    /** The handle, for the functions of `ringmill.h`. It stays this object's. */
    ringmill_engine *capi() const noexcept { return handle_.get(); }

private:
    explicit Engine(ringmill_engine *engine) noexcept : handle_(engine) {}
    detail::Owner<ringmill_engine, ringmill_engine_free> handle_;
};

/** A queue with leases, retries and dead letters: ringmill_queue. */
class Queue {
public:
    /** Options with defaults: ringmill_queue_options_init(). */
    static ringmill_queue_options options() noexcept {
        ringmill_queue_options options = {};
        (void)ringmill_queue_options_init(sizeof options, &options);
        return options;
    }

    /** ringmill_queue_new() */
    static Result<Queue> make(Engine &engine, const char *name,
                              const ringmill_queue_options &options = Queue::options()) noexcept {
        ringmill_queue *queue = nullptr;
        return detail::result<Queue>(ringmill_queue_new(engine.capi(), name, &options, &queue),
                                     [&] { return Queue(queue); });
    }
    /** The same; `on_dead(const ringmill_message &, const ringmill_death &)` is called with what dies where there is no
     *  queue for dead letters, by any thread. It lives as long as the queue; an exception that it throws is dropped. */
    template <class OnDead>
    static Result<Queue> make(Engine &engine, const char *name, ringmill_queue_options options, OnDead on_dead) {
        auto kept = std::make_unique<OnDead>(std::move(on_dead));
        options.on_dead = [](void *user, const ringmill_message *message, const ringmill_death *death) noexcept {
            auto call = [&] {
                (*static_cast<OnDead *>(user))(*message, *death);
                return true;
            };
            (void)detail::Caught<decltype(call)>(call)(false);
        };
        options.on_dead_user = kept.get();
        options.on_dead_release = [](void *user) noexcept { delete static_cast<OnDead *>(user); };
        Result<Queue> made = make(engine, name, options);
        if (made) {
            (void)kept.release();
        }
        return made;
    }
    /** ringmill_queue_find() */
    static Result<Queue> find(Engine &engine, const char *name) noexcept {
        ringmill_queue *queue = nullptr;
        return detail::result<Queue>(ringmill_queue_find(engine.capi(), name, &queue), [&] { return Queue(queue); });
    }

    /** ringmill_queue_producer_new() */
    Result<QueueProducer> producer() noexcept {
        ringmill_queue_producer *producer = nullptr;
        return detail::result<QueueProducer>(ringmill_queue_producer_new(capi(), &producer),
                                             [&] { return QueueProducer(producer); });
    }
    /** ringmill_queue_consumer_new() */
    Result<QueueConsumer> consumer() noexcept {
        ringmill_queue_consumer *consumer = nullptr;
        return detail::result<QueueConsumer>(ringmill_queue_consumer_new(capi(), &consumer),
                                             [&] { return QueueConsumer(consumer); });
    }
    /** A consumer of a group: ringmill_queue_group_consumer_new() */
    Result<QueueConsumer> consumer(const char *group) noexcept {
        ringmill_queue_consumer *consumer = nullptr;
        return detail::result<QueueConsumer>(ringmill_queue_group_consumer_new(capi(), group, &consumer),
                                             [&] { return QueueConsumer(consumer); });
    }
    /** ringmill_queue_dead_letters() */
    Result<Queue> dead_letters() noexcept {
        ringmill_queue *queue = nullptr;
        return detail::result<Queue>(ringmill_queue_dead_letters(capi(), &queue), [&] { return Queue(queue); });
    }

    /** Ends a lease by its receipt: ringmill_queue_settle() */
    Status settle(const ringmill_receipt &receipt, Settle settlement) noexcept {
        return detail::status(ringmill_queue_settle(capi(), &receipt, static_cast<std::uint32_t>(settlement)));
    }
    /** ringmill_queue_cancel() */
    Status cancel(const ringmill_message_handle &message) noexcept {
        return detail::status(ringmill_queue_cancel(capi(), &message));
    }
    /** ringmill_queue_reschedule() */
    template <class Rep, class Period>
    Status reschedule(const ringmill_message_handle &message, std::chrono::duration<Rep, Period> delay) noexcept {
        return detail::status(ringmill_queue_reschedule(capi(), &message, detail::nanoseconds(delay)));
    }
    /** All messages: ringmill_queue_browse() */
    Result<Browse> browse() noexcept {
        return browse([](const ringmill_peeked &) { return true; });
    }
    /** Those for which `filter(const ringmill_peeked &)` says so. What it throws is thrown on. */
    template <class Filter> Result<Browse> browse(Filter filter) {
        detail::Caught<Filter> caught(filter);
        ringmill_browse *list = nullptr;
        const ringmill_status answer = ringmill_queue_browse(capi(), caught.filter, &caught, &list);
        Result<Browse> browse = detail::result<Browse>(answer, [&] { return Browse(list); });
        caught.rethrow();
        return browse;
    }
    /** Ends those messages for which `filter(const ringmill_peeked &)` says so, and says how many these were:
     *  ringmill_queue_purge(). What it throws is thrown on. */
    template <class Filter> Result<std::size_t> purge(Filter filter) {
        detail::Caught<Filter> caught(filter);
        std::size_t purged = 0;
        const ringmill_status answer = ringmill_queue_purge(capi(), caught.filter, &caught, &purged);
        caught.rethrow();
        return detail::result<std::size_t>(answer, [&] { return purged; });
    }
    /** ringmill_queue_redrive() */
    Result<ringmill_redrive_report> redrive() noexcept {
        ringmill_redrive_report report;
        return detail::result<ringmill_redrive_report>(ringmill_queue_redrive(capi(), nullptr, &report),
                                                       [&] { return report; });
    }
    /** ringmill_queue_stats() */
    Result<ringmill_stats> stats() const noexcept {
        ringmill_stats stats;
        return detail::result<ringmill_stats>(ringmill_queue_stats(capi(), sizeof stats, &stats), [&] { return stats; });
    }

    /** ringmill_queue_pause() */
    Status pause() noexcept { return detail::status(ringmill_queue_pause(capi())); }
    /** ringmill_queue_resume() */
    Status resume() noexcept { return detail::status(ringmill_queue_resume(capi())); }
    /** ringmill_queue_close() */
    Result<CloseReport> close() noexcept {
        ringmill_close_report *report = nullptr;
        return detail::result<CloseReport>(ringmill_queue_close(capi(), &report), [&] { return CloseReport(report); });
    }
    /** ringmill_queue_drain() */
    template <class Rep, class Period>
    Result<ringmill_drain_report> drain(std::chrono::duration<Rep, Period> timeout) noexcept {
        ringmill_drain_report report;
        return detail::result<ringmill_drain_report>(
            ringmill_queue_drain(capi(), detail::nanoseconds(timeout), &report), [&] { return report; });
    }
    /** ringmill_queue_abort() */
    Status abort() noexcept { return detail::status(ringmill_queue_abort(capi())); }
    /** ringmill_queue_is_closed() */
    bool is_closed() const noexcept { return ringmill_queue_is_closed(capi()); }
    /** ringmill_queue_len() */
    std::uint64_t len() const noexcept { return ringmill_queue_len(capi()); }

    /** The handle, for the functions of `ringmill.h`. It stays this object's. */
    ringmill_queue *capi() const noexcept { return handle_.get(); }

private:
    explicit Queue(ringmill_queue *queue) noexcept : handle_(queue) {}
    detail::Owner<ringmill_queue, ringmill_queue_free> handle_;
};

} // namespace ringmill

#endif
