// Engine, Queue and its ends: messages, deliveries, handlers that throw, loops and range-for.
#include <poll.h>

#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "check.hpp"

using namespace std::chrono_literals;
using ringmill::Delivery;
using ringmill::Message;

namespace {

struct World {
    explicit World(ringmill_queue_options options = options_of())
        : engine(the(ringmill::Engine::make(RINGMILL_ENGINE_MANUAL | RINGMILL_ENGINE_VIRTUAL_CLOCK))),
          queue(the(ringmill::Queue::make(engine, "jobs", options))), producer(the(queue.producer())),
          consumer(the(queue.consumer())) {}

    static ringmill_queue_options options_of() {
        auto options = ringmill::Queue::options();
        options.dead_letters = "jobs.dead";
        return options;
    }

    void pass(std::chrono::nanoseconds time) {
        IS(engine.advance(time), Ok);
        CHECK(engine.tick());
    }

    ringmill::Engine engine;
    ringmill::Queue queue;
    ringmill::QueueProducer producer;
    ringmill::QueueConsumer consumer;
};

void a_message_is_read_and_settled() {
    World w;
    const ringmill_header headers[] = {ringmill::header("trace", "7f"), ringmill::header("from", "web")};
    CHECK(the(w.producer.enqueue(Message("3 apples").with_key("anna").with_headers(headers))).accepted);
    Delivery job = the(w.consumer.dequeue());
    CHECK(job.payload() == "3 apples" && job.key() == "anna" && job.header("from") == "web" && job.is_held());
    CHECK(!job.header("none") && the(job.header(0)).value_len == 2 && job.deliveries() == 1);
    IS(job.header(2).status(), NotFound);
    IS(job.death(0).status(), NotFound);
    IS(job.extend(1s), Ok);
    Delivery moved = std::move(job);
    IS(job.ack(), InvalidArgument);
    IS(moved.ack(), Ok);
    CHECK(!moved.is_held());
    IS(moved.ack(), InvalidArgument);
    IS(w.consumer.try_dequeue().status(), Empty);
    IS(w.consumer.dequeue_for(1ms).status(), TimedOut);
}

void every_settlement_has_its_function() {
    World w;
    CHECK(w.producer.enqueue("job"));
    IS(the(w.consumer.dequeue()).release(), Ok);
    IS(the(w.consumer.dequeue()).nack_after(1s), Ok);
    w.pass(1s);
    const ringmill_message_handle aside = the(the(w.consumer.dequeue()).defer());
    IS(the(w.consumer.take(aside)).snooze(1s), Ok);
    w.pass(1s);
    IS(the(w.consumer.dequeue()).nack(ringmill::ErrorClass::Business, "no"), Ok);
    w.pass(60s);
    {
        Delivery dropped = the(w.consumer.dequeue());
        CHECK(dropped.attempts() == 2);
    }
    IS(w.consumer.try_dequeue().status(), Empty);
    w.pass(100ms);
    Delivery last = the(w.consumer.dequeue());
    IS(w.queue.settle(last.receipt(), ringmill::Settle::Reject), Ok);
    IS(last.let_go(), Ok);
    w.pass(20ms); // it was set aside until nobody read it
    ringmill::Queue dead = the(w.queue.dead_letters());
    CHECK(dead.len() == 1 && the(w.queue.stats()).dead_lettered == 1);
    CHECK(the(dead.redrive()).moved == 1);
    IS(the(w.consumer.dequeue()).reject("never"), Ok);
}

void room_is_written_in_place() {
    World w;
    {
        ringmill::Reserved slot = the(w.producer.reserve(5));
        std::memcpy(slot.bytes().data(), "hello", 5);
        ringmill::Reserved moved = std::move(slot);
        CHECK(the(moved.commit()).accepted);
        IS(moved.cancel(), Ok);
        ringmill::Reserved given_up = the(w.producer.reserve(7));
    }
    CHECK(the(w.consumer.dequeue()).payload() == "hello" && w.queue.len() == 1);
}

void batches_and_delays() {
    World w;
    const std::vector<ringmill_message> three = {Message("a"), Message("b").after(1s), Message("c").with_priority(16).lives(1h)};
    const ringmill::Sent sent = w.producer.enqueue_batch(three);
    IS(sent.status, Ok);
    CHECK(sent.count == 3);
    std::vector<Delivery> two = the(w.consumer.dequeue_batch(8, 2));
    CHECK(two.size() == 2 && two[1].payload() == "c");
    for (Delivery &job : two) {
        IS(job.ack(), Ok);
    }
    IS(w.consumer.dequeue_batch(8, 1, 1ms).status(), TimedOut);
    auto enqueued = the(w.producer.enqueue_for(Message("d").at(std::chrono::system_clock::time_point(1h)), 1s));
    CHECK(enqueued.accepted);
    CHECK(the(w.queue.browse()).size() == 2);
    CHECK(the(w.queue.browse([](const ringmill_peeked &m) { return m.state == RINGMILL_STATE_READY; })).size() == 1);
    CHECK(the(the(w.queue.browse()).at(0)).state == RINGMILL_STATE_DELAYED);
    IS(w.queue.reschedule(enqueued.handle, 1s), NotDelayed);
    IS(w.queue.cancel(enqueued.handle), Ok);
    CHECK(the(w.queue.purge([](const ringmill_peeked &) { return true; })) == 1);
}

void what_a_filter_throws_is_thrown_on() {
    World w;
    CHECK(w.producer.enqueue("one") && w.producer.enqueue("two"));
    int asked = 0;
    auto throws = [&](const ringmill_peeked &) -> bool { throw std::runtime_error(std::to_string(++asked)); };
    bool thrown = false;
    try {
        (void)w.queue.purge(throws);
    } catch (const std::runtime_error &error) {
        thrown = std::string(error.what()) == "1";
    }
    CHECK(thrown && asked == 2 && w.queue.len() == 2);
    thrown = false;
    try {
        (void)w.queue.browse(throws);
    } catch (const std::runtime_error &) {
        thrown = true;
    }
    CHECK(thrown);
}

void an_exception_is_a_nack_of_class_panic() {
    auto options = World::options_of();
    options.retry_max = RINGMILL_NONE;
    World w(options);
    ringmill::Queue dead = the(w.queue.dead_letters());
    ringmill::QueueConsumer letters = the(dead.consumer());
    const auto cause = [&] {
        Delivery letter = the(letters.try_dequeue());
        const ringmill_death death = the(letter.death(0));
        std::pair story(death.cause, std::string(death.text, death.text_len));
        IS(letter.ack(), Ok);
        return story;
    };
    // Thrown by a handler.
    CHECK(w.producer.enqueue("job"));
    ringmill::Sent handled = w.consumer.consume([](Delivery &) { throw std::runtime_error("no such customer"); }, 1);
    IS(handled.status, Ok);
    CHECK(handled.count == 1 && cause() == std::pair(RINGMILL_CLASS_PANIC + 0u, std::string("no such customer")));
    CHECK(w.producer.enqueue("job"));
    handled = w.consumer.consume([](Delivery &) { throw 7; }, 1);
    CHECK(handled.count == 1 && cause().second == "exception");
    // Thrown through a scope.
    CHECK(w.producer.enqueue("job"));
    try {
        Delivery job = the(w.consumer.dequeue());
        throw std::runtime_error("in the middle");
    } catch (const std::runtime_error &) {
    }
    CHECK(cause().first == RINGMILL_CLASS_PANIC);
    // Handled while another exception is on its way.
    struct Handles {
        World &w;
        ~Handles() {
            const ringmill::Sent sent = w.consumer.consume([](Delivery &job) { CHECK(job.payload() == "job"); }, 1);
            CHECK(sent.count == 1);
        }
    };
    CHECK(w.producer.enqueue("job"));
    try {
        Handles handles{w};
        throw 1;
    } catch (int) {
    }
    CHECK(w.queue.len() == 0 && dead.len() == 0);
}

void handlers_answer_or_settle_themselves() {
    World w;
    for (int i = 0; i < 4; i++) {
        CHECK(w.producer.enqueue("job"));
    }
    ringmill::Sent handled = w.consumer.consume([](Delivery &) {}, 1);
    CHECK(handled.count == 1);
    handled = w.consumer.consume([](Delivery &) { return ringmill::Settle::Reject; }, 1);
    CHECK(handled.count == 1);
    handled = w.consumer.consume([](Delivery &job) { IS(job.ack(), Ok); }, 1);
    CHECK(handled.count == 1);
    std::vector<Delivery> kept;
    handled = w.consumer.consume([&](Delivery &job) { kept.push_back(std::move(job)); }, 0, 0s);
    IS(handled.status, Empty);
    CHECK(handled.count == 1 && kept.at(0).payload() == "job");
    const ringmill_stats stats = the(w.queue.stats());
    CHECK(stats.acked == 2 && stats.dead_lettered == 1 && stats.leased == 1);
    IS(kept.at(0).ack(), Ok);
}

void the_dead_are_told_of() {
    auto told = std::make_shared<int>(0);
    auto engine = the(ringmill::Engine::make(RINGMILL_ENGINE_MANUAL));
    const auto on_dead = [told](const ringmill_message &message, const ringmill_death &death) {
        CHECK(message.payload_len == 3 && death.reason == RINGMILL_REASON_REJECTED);
        ++*told;
        throw std::runtime_error("it stops here");
    };
    {
        auto queue = the(ringmill::Queue::make(engine, "jobs", ringmill::Queue::options(), on_dead));
        IS(ringmill::Queue::make(engine, "jobs", ringmill::Queue::options(), on_dead).status(), NameConflict);
        CHECK(the(the(ringmill::Queue::find(engine, "jobs")).producer()).enqueue("job"));
        auto consumer = the(queue.consumer());
        IS(the(consumer.dequeue()).reject(), Ok);
        CHECK(*told == 1 && told.use_count() == 3);
    }
    CHECK(told.use_count() == 2);
}

void a_loop_takes_what_there_is_until_the_end() {
    World w;
    std::thread feeder([&] {
        for (int i = 0; i < 100; i++) {
            CHECK(w.producer.enqueue(std::to_string(i)));
        }
        CHECK(the(w.queue.close()).size() == 0 && w.queue.is_closed());
    });
    int next = 0;
    for (Delivery &job : w.consumer) {
        CHECK(job.payload() == std::to_string(next++));
        IS(job.ack(), Ok);
    }
    feeder.join();
    CHECK(next == 100);
}

void an_event_loop_polls_it() {
    World w;
    const int fd = the(w.consumer.fd());
    IS(w.consumer.dequeue_or_arm().status(), Empty);
    pollfd polled = {fd, POLLIN, 0};
    CHECK(poll(&polled, 1, 0) == 0);
    CHECK(w.producer.enqueue("job"));
    CHECK(poll(&polled, 1, 0) == 1);
    IS(the(w.consumer.dequeue_or_arm()).ack(), Ok);
}

void the_end_is_reported() {
    World w;
    CHECK(w.producer.enqueue(Message("later").after(1h)) && w.producer.enqueue("held"));
    IS(w.queue.pause(), Ok);
    IS(w.consumer.try_dequeue().status(), Empty);
    IS(w.queue.resume(), Ok);
    Delivery held = the(w.consumer.dequeue());
    ringmill::CloseReport report = the(w.queue.close());
    CHECK(report.size() == 1 && the(report.at(0)).payload_len == 5);
    CHECK(the(w.queue.drain(1ms)).released == 1);
    IS(held.ack(), StaleReceipt);
    IS(w.queue.abort(), Ok);
    IS(w.engine.close(), Ok);
    auto options = World::options_of();
    static const char *const names[] = {"ship"};
    options.groups = names;
    options.groups_count = 1;
    World grouped(options);
    auto ship = the(grouped.queue.consumer("ship"));
    CHECK(grouped.producer.enqueue("both"));
    IS(the(ship.dequeue()).ack(), Ok);
    IS(the(grouped.consumer.dequeue()).ack(), Ok);
}

} // namespace

int main() {
    RUN(a_message_is_read_and_settled);
    RUN(every_settlement_has_its_function);
    RUN(room_is_written_in_place);
    RUN(batches_and_delays);
    RUN(what_a_filter_throws_is_thrown_on);
    RUN(an_exception_is_a_nack_of_class_panic);
    RUN(handlers_answer_or_settle_themselves);
    RUN(the_dead_are_told_of);
    RUN(a_loop_takes_what_there_is_until_the_end);
    RUN(an_event_loop_polls_it);
    RUN(the_end_is_reported);
    return 0;
}
