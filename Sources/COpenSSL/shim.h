#ifndef YINHE_COPENSSL_SHIM_H
#define YINHE_COPENSSL_SHIM_H

// OpenSSL 3.0 or later, libcrypto and libssl. The inline functions below give Swift what OpenSSL offers as macros.
#include <openssl/opensslv.h>
#if OPENSSL_VERSION_NUMBER < 0x30000000L
#error "Yinhe needs OpenSSL 3.0 or later (Debian 12: apt-get install libssl-dev)"
#endif

#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

static inline int yinhe_SSL_CTX_set_protocol_range(SSL_CTX *context, int lowest, int highest) {
    return SSL_CTX_set_min_proto_version(context, lowest) == 1 && SSL_CTX_set_max_proto_version(context, highest) == 1;
}

static inline int yinhe_SSL_CTX_set_groups(SSL_CTX *context, const char *list) {
    return (int)SSL_CTX_set1_groups_list(context, list);
}

static inline int yinhe_SSL_CTX_set_signature_algorithms(SSL_CTX *context, const char *list) {
    return (int)SSL_CTX_set1_sigalgs_list(context, list);
}

static inline void yinhe_SSL_CTX_disable_session_cache(SSL_CTX *context) {
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
}

static inline void yinhe_SSL_CTX_refuse_tickets_and_renegotiation(SSL_CTX *context) {
    SSL_CTX_set_options(context, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION);
}

// Not OpenSSL, but beside its sockets: a wait that is finer than poll(2)'s millisecond. Positive when `descriptor` has bytes, an
// end or an error to read.
#include <poll.h>
#include <signal.h>
#include <time.h>
#ifdef __linux__
extern int ppoll(struct pollfd *, nfds_t, const struct timespec *, const sigset_t *);
#endif

static inline int yinhe_wait_readable(int descriptor, long microseconds) {
    struct pollfd entry = {.fd = descriptor, .events = POLLIN};
#ifdef __linux__
    struct timespec time = {.tv_sec = microseconds / 1000000, .tv_nsec = microseconds % 1000000 * 1000};
    return ppoll(&entry, 1, &time, 0);
#else
    return poll(&entry, 1, (int)((microseconds + 999) / 1000));
#endif
}

#endif
