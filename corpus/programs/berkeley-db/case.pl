#!/usr/bin/perl
# SPDX-License-Identifier: BSD-3-Clause
use strict;
use warnings;
use BerkeleyDB;

sub wrong { print "$_[0]\n"; exit 1; }

sub open_environment {
    my $environment = BerkeleyDB::Env->new (-Home => 'environment',
        -Flags => DB_CREATE | DB_INIT_TXN | DB_INIT_LOG | DB_INIT_MPOOL | DB_INIT_LOCK | DB_PRIVATE | $_[0])
        or return (undef, undef);
    my $database = BerkeleyDB::Btree->new (-Filename => 'x.db', -Env => $environment,
        -Flags => DB_CREATE | DB_AUTO_COMMIT);
    return ($environment, $database);
}

sub transaction {
    my ($environment, $database) = open_environment ($_[1]);
    my $transaction = $environment->txn_begin ();
    $database->Txn ($transaction);
    $database->db_put ("key$_", "value$_[0]") == 0 or die 'put' for 1 .. 6;
    $transaction->txn_commit () == 0 or die 'commit';
}

if ($ARGV[0] eq 'setup') {
    mkdir 'environment';
    transaction (1, 0);
} elsif ($ARGV[0] eq 'update') {
    transaction (2, DB_RECOVER);
} else {
    my $committed = `cat "$ENV{POWERCUT_MARKS_FILE}"` =~ /^commit/m;
    my ($environment, $database) = open_environment (DB_RECOVER);
    wrong ("the environment cannot be opened: $BerkeleyDB::Error") unless $environment && $database;
    my %values;
    for (1 .. 6) {
        my $value = 'nothing';
        $database->db_get ("key$_", $value);
        $values{$value}++;
    }
    my $seen = join ' ', sort keys %values;
    wrong ("a transaction is there in part: $seen") if $seen ne 'value1' && $seen ne 'value2';
    wrong ('the commit has returned, and the transaction is not there') if $committed && $seen ne 'value2';
}
