/* Yinhe for other languages: the C interface of the shared library product "yinhe-c" (libyinhe-c.so).
 *
 * Status      Every function that can fail returns a yinhe_status and, when it is not YINHE_OK, an explanation in English in
 *             *message, if message is not NULL: what is wrong, where, and what to do. Nothing is thrown, printed, or ended.
 * Memory      Texts and arrays that a function hands out belong to the caller, who frees them with yinhe_free. Handles are freed
 *             with the function of their kind. What a caller passes in is read during the call and not kept. Freeing NULL does
 *             nothing. A handle must not be used after it was freed. Outputs are set to NULL or 0 when a function fails.
 * Texts       UTF-8 with a terminating zero.
 * Threads     Every function may be called from any thread. An identity and a Paillier key may be used by several threads at
 *             once, a channel by one call at a time. Calls block until they are done; the library runs threads of its own. Do not
 *             fork a process after the first call.
 * Stability   Functions are not changed or removed within one YINHE_ABI_VERSION.
 */
#ifndef YINHE_H
#define YINHE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define YINHE_ABI_VERSION 1

typedef int32_t yinhe_status;
enum {
    YINHE_OK = 0,
    YINHE_INTERNAL = 1,         /* a fault of the library itself */
    YINHE_USAGE = 64,           /* a wrong argument, such as NULL where something is needed */
    YINHE_BAD_INPUT = 65,       /* a file, key or ciphertext is malformed */
    YINHE_CONTRACT = 66,
    YINHE_PEER_UNREACHABLE = 68,/* the peer cannot be reached, or was lost */
    YINHE_PEER_MISMATCH = 69,   /* the peer has another key, or proposes something else */
    YINHE_PEER_MISBEHAVED = 70, /* the peer broke the protocol */
    YINHE_PEER_ABORTED = 71,    /* the peer stopped and said so */
    YINHE_SYSTEM = 74,          /* the operating system refused */
    YINHE_BUDGET = 75,
    YINHE_LEDGER = 76,
    YINHE_BELOW_MINIMUM = 77,   /* fewer common keys than the agreed minimum; nobody was told anything */
    YINHE_RANGE = 78,           /* a number does not fit */
    YINHE_CANCELLED = 130
};

/* The name of a status, such as "peer-mismatch"; not to be freed. */
const char *yinhe_status_name(yinhe_status status);

/* YINHE_ABI_VERSION of the library that is loaded: compare it with the header's before anything else. */
uint32_t yinhe_abi_version(void);

/* Frees a text or array that this library handed out. */
void yinhe_free(void *memory);

/* ---- Identity: an Ed25519 key pair that authenticates TLS connections ---- */

typedef struct yinhe_identity yinhe_identity;

yinhe_status yinhe_identity_generate(yinhe_identity **identity, char **message);
/* Reads a key file of `yinhe keys new`. passphrase: NULL when the file is not encrypted. */
yinhe_status yinhe_identity_load(const char *path, const char *passphrase, yinhe_identity **identity, char **message);
/* Writes a new key file (mode 0600, PKCS #8); never replaces one. passphrase: NULL for a file that is not encrypted. */
yinhe_status yinhe_identity_save(const yinhe_identity *identity, const char *path, const char *passphrase, char **message);
/* "sha256:" and 64 hexadecimal digits: what the peer must be given over a channel that you trust. */
yinhe_status yinhe_identity_fingerprint(const yinhe_identity *identity, char **fingerprint, char **message);
void yinhe_identity_free(yinhe_identity *identity);

/* ---- Channel: a connection to one peer ---- */

typedef struct yinhe_channel yinhe_channel;
enum { YINHE_CONNECTING = 0, YINHE_ACCEPTING = 1 };

/* TLS 1.3 over a connected stream socket that the caller has made. One party gives YINHE_CONNECTING, the other YINHE_ACCEPTING.
 * The library works on a duplicate of the descriptor: the caller closes its own when it likes. peer: the fingerprint that the
 * other end must have. */
yinhe_status yinhe_channel_adopt(int32_t descriptor, int32_t end, const yinhe_identity *identity, const char *peer,
                                 yinhe_channel **channel, char **message);
/* The same without encryption and authentication: for tests, and for sockets that have both already. */
yinhe_status yinhe_channel_adopt_insecure(int32_t descriptor, int32_t end, yinhe_channel **channel, char **message);
/* Connects with TLS 1.3, trying again for `seconds`, so that the peer may start later. */
yinhe_status yinhe_channel_connect(const char *host, uint16_t port, const yinhe_identity *identity, const char *peer,
                                   uint32_t seconds, yinhe_channel **channel, char **message);
/* Listens and takes the first connection of the right peer; gives up after `seconds`. */
yinhe_status yinhe_channel_accept(const char *host, uint16_t port, const yinhe_identity *identity, const char *peer,
                                  uint32_t seconds, yinhe_channel **channel, char **message);
/* Sends what is pending, closes the connection, and frees the channel. */
void yinhe_channel_free(yinhe_channel *channel);

/* ---- Join keys ---- */

/* The canonical form of a key (UTF-8). kind: "uscc", "resident-id", "mobile", "plate", "container", "text", "digits", with or
 * without "/1". An empty key is YINHE_OK with *canonical == NULL; a malformed one is YINHE_BAD_INPUT, and *message says why. */
yinhe_status yinhe_normalize_key(const char *kind, const char *key, char **canonical, char **message);

/* ---- Private set intersection ---- */

enum { YINHE_SENDER = 0, YINHE_RECEIVER = 1 };
enum {
    YINHE_RECEIVER_LEARNS = 0, /* the receiver learns which of its keys are common, the sender nothing but the receiver's size */
    YINHE_BOTH_LEARN = 1
};

/* Finds the keys that both parties have. Keys are brought to the canonical form of `kind` first; empty and malformed ones match
 * nothing; equal ones count once. Both parties give the same kind, policy and minimum: otherwise YINHE_PEER_MISMATCH.
 *
 * matches: the indices into `keys` of this party's keys that the peer has too, ascending, repeated keys included; NULL when the
 * policy keeps them from this party or there are none. match_count: how many. peer_size: the peer's number of distinct keys.
 * Each may be NULL. The channel may be used again afterwards, unless an error was returned: then it is closed. */
yinhe_status yinhe_intersect(yinhe_channel *channel, int32_t role, int32_t policy, const char *kind, const char *const *keys,
                             size_t key_count, uint64_t minimum, uint64_t **matches, size_t *match_count, uint64_t *peer_size,
                             char **message);

/* ---- Paillier: addition of encrypted integers ---- */

typedef struct yinhe_paillier_public yinhe_paillier_public;
typedef struct yinhe_paillier_private yinhe_paillier_private;

/* bits: 2048, 3072 or 4096. Takes seconds. */
yinhe_status yinhe_paillier_generate(uint32_t bits, yinhe_paillier_private **key, char **message);
/* The key as JSON; the private one is the secret itself: keep it in a file of mode 0600. */
yinhe_status yinhe_paillier_private_json(const yinhe_paillier_private *key, char **json, char **message);
yinhe_status yinhe_paillier_private_parse(const char *json, yinhe_paillier_private **key, char **message);
yinhe_status yinhe_paillier_public_of(const yinhe_paillier_private *key, yinhe_paillier_public **public_key, char **message);
yinhe_status yinhe_paillier_public_json(const yinhe_paillier_public *key, char **json, char **message);
yinhe_status yinhe_paillier_public_parse(const char *json, yinhe_paillier_public **key, char **message);
/* The length of every ciphertext of the key, in bytes. */
size_t yinhe_paillier_ciphertext_bytes(const yinhe_paillier_public *key);
/* One ciphertext for each value, one after another in *ciphertexts, count * ciphertext_bytes bytes. */
yinhe_status yinhe_paillier_encrypt(const yinhe_paillier_public *key, const int64_t *values, size_t count, uint8_t **ciphertexts,
                                    char **message);
/* The encryption of the sum of `count` ciphertexts, freshly randomised. Uniform randomness is used, so that even the key's owner
 * cannot tell which ciphertexts went into it. */
yinhe_status yinhe_paillier_sum(const yinhe_paillier_public *key, const uint8_t *ciphertexts, size_t count, uint8_t **sum,
                                char **message);
/* The plaintexts; YINHE_RANGE when one does not fit 64 bits. values: room for `count`. */
yinhe_status yinhe_paillier_decrypt(const yinhe_paillier_private *key, const uint8_t *ciphertexts, size_t count, int64_t *values,
                                    char **message);
void yinhe_paillier_public_free(yinhe_paillier_public *key);
void yinhe_paillier_private_free(yinhe_paillier_private *key);

/* ---- Noise ---- */

/* `count` samples of the discrete Laplace law of the given scale, P[z] proportional to exp(-|z| / scale), sampled exactly from the
 * system's randomness. scale: an exact number above 0, such as "10", "0.5" or "20/3": sensitivity / epsilon. */
yinhe_status yinhe_discrete_laplace(const char *scale, int64_t *samples, size_t count, char **message);

#ifdef __cplusplus
}
#endif
#endif
