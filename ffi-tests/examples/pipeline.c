/* Three stages over a text file: one thread reads lines, several count the words in them, one adds up and prints.
 *
 *     pipeline FILE
 *
 * Lines travel by pointer: whoever takes one frees it. A stage ends when the channel before it is closed and empty, and
 * then closes the one behind it. */
#include <ctype.h>
#include <errno.h>
#include <pthread.h>
#include <ringmill.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNTERS 3

struct counted {
    size_t words;
    size_t letters;
};

struct pipeline {
    FILE *file;
    ringmill_channel *lines;  /* of char * */
    ringmill_channel *counts; /* of struct counted */
};

static ringmill_channel *channel_of(size_t elem_size) {
    ringmill_channel_options options;
    ringmill_channel *channel = NULL;
    ringmill_status status = ringmill_channel_options_init(sizeof options, &options);
    options.elem_size = elem_size;
    options.capacity = 256;
    if (status == RINGMILL_STATUS_OK) {
        status = ringmill_channel_new(&options, &channel);
    }
    if (status != RINGMILL_STATUS_OK) {
        fprintf(stderr, "%s: %s\n", ringmill_status_text(status), ringmill_last_message());
        exit(1);
    }
    return channel;
}

static void close_or_die(ringmill_channel *channel) {
    if (ringmill_channel_close(channel) != RINGMILL_STATUS_OK) {
        abort();
    }
}

static void *read_lines(void *argument) {
    struct pipeline *pipeline = argument;
    char *line = NULL;
    size_t room = 0;
    while (getline(&line, &room, pipeline->file) >= 0) {
        if (ringmill_channel_send(pipeline->lines, &line, RINGMILL_FOREVER) != RINGMILL_STATUS_OK) {
            break;
        }
        line = NULL; /* it is the receiver's */
        room = 0;
    }
    free(line);
    close_or_die(pipeline->lines);
    return NULL;
}

static struct counted count(const char *line) {
    struct counted counted = {0, 0};
    for (bool inside = false; *line != '\0'; line++) {
        const bool letter = !isspace((unsigned char)*line);
        counted.words += letter && !inside;
        counted.letters += letter;
        inside = letter;
    }
    return counted;
}

static void *count_words(void *argument) {
    struct pipeline *pipeline = argument;
    char *line;
    while (ringmill_channel_recv(pipeline->lines, RINGMILL_FOREVER, &line) == RINGMILL_STATUS_OK) {
        const struct counted counted = count(line);
        free(line);
        if (ringmill_channel_send(pipeline->counts, &counted, RINGMILL_FOREVER) != RINGMILL_STATUS_OK) {
            abort(); /* nobody closes it before the counters have ended */
        }
    }
    return NULL;
}

static void *add_up(void *argument) {
    struct pipeline *pipeline = argument;
    struct counted batch[64], all = {0, 0};
    size_t lines = 0, received;
    while (ringmill_channel_recv_batch(pipeline->counts, 1, 64, RINGMILL_FOREVER, batch, &received) ==
           RINGMILL_STATUS_OK) {
        lines += received;
        for (size_t i = 0; i < received; i++) {
            all.words += batch[i].words;
            all.letters += batch[i].letters;
        }
    }
    printf("%zu lines, %zu words, %zu letters\n", lines, all.words, all.letters);
    return NULL;
}

static void start(pthread_t *thread, void *(*stage)(void *), struct pipeline *pipeline) {
    if (pthread_create(thread, NULL, stage, pipeline) != 0) {
        perror("pthread_create");
        exit(1);
    }
}

int main(int argc, char **argv) {
    struct pipeline pipeline = {argc == 2 ? fopen(argv[1], "r") : NULL, NULL, NULL};
    if (pipeline.file == NULL) {
        fprintf(stderr, "pipeline FILE: %s\n", argc == 2 ? strerror(errno) : "which file?");
        return 1;
    }
    pipeline.lines = channel_of(sizeof(char *));
    pipeline.counts = channel_of(sizeof(struct counted));

    pthread_t reader, counters[COUNTERS], adder;
    start(&reader, read_lines, &pipeline);
    for (int i = 0; i < COUNTERS; i++) {
        start(&counters[i], count_words, &pipeline);
    }
    start(&adder, add_up, &pipeline);
    pthread_join(reader, NULL);
    for (int i = 0; i < COUNTERS; i++) {
        pthread_join(counters[i], NULL);
    }
    close_or_die(pipeline.counts);
    pthread_join(adder, NULL);

    ringmill_channel_free(pipeline.lines);
    ringmill_channel_free(pipeline.counts);
    fclose(pipeline.file);
    return 0;
}
