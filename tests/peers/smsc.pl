#!/usr/bin/perl
# An SMPP server of other make, for sms_test.cpp: Net::SMPP of Debian (libnet-smpp-perl). Takes one
# connection after the other on a free loopback port, prints the port, then one line for each
# message it was given: its parts joined by the UDH, in UTF-8. The first message is answered by
# words from its receiver, and by a receipt.
use strict;
use warnings;
use Encode qw(decode encode);
use IO::Handle;
use Net::SMPP;

STDOUT->autoflush(1);
my $listener = Net::SMPP->new_listen('127.0.0.1', port => 0, version => 0x34, async => 1) or die "listen: $!";
print $listener->sockport, "\n";
my %parts;
my $count = 0;
while (my $smpp = $listener->accept) {
    ${*$smpp}{async} = 1;    # else it waits for our deliver_sm_resp and loses what comes before it
    while (my $pdu = $smpp->read_pdu) {
        if ($pdu->{cmd} == Net::SMPP::CMD_bind_transceiver) {
            my $known = $pdu->{system_id} eq 'noroshi' && $pdu->{password} eq 'secret';
            $smpp->bind_transceiver_resp(seq => $pdu->{seq}, system_id => 'smsc', status => $known ? 0 : 0x0E);
            last unless $known;
        } elsif ($pdu->{cmd} == Net::SMPP::CMD_enquire_link) {
            $smpp->enquire_link_resp(seq => $pdu->{seq});
        } elsif ($pdu->{cmd} == Net::SMPP::CMD_unbind) {
            $smpp->unbind_resp(seq => $pdu->{seq});
            last;
        } elsif ($pdu->{cmd} == Net::SMPP::CMD_submit_sm) {
            my $id = sprintf 'id%d', ++$count;
            $smpp->submit_sm_resp(seq => $pdu->{seq}, message_id => $id);
            my $text = $pdu->{short_message};
            my ($key, $all, $number) = ($id, 1, 1);
            if ($pdu->{esm_class} & 0x40) {
                my ($length, $element, $size, $reference, $of, $n) = unpack 'C6', $text;
                $text = substr $text, 1 + $length;
                ($key, $all, $number) = ("$pdu->{destination_addr}/$reference", $of, $n);
            }
            $parts{$key}{$number} = $pdu->{data_coding} == 8 ? decode('UTF-16BE', $text) : $text;
            next if keys %{$parts{$key}} < $all;
            my $whole = join '', map { $parts{$key}{$_} } sort { $a <=> $b } keys %{$parts{$key}};
            delete $parts{$key};
            $whole =~ s/\n/\\n/g;
            print encode('UTF-8', "$pdu->{destination_addr} $pdu->{source_addr} $whole\n");
            next unless $pdu->{registered_delivery};
            $smpp->deliver_sm(source_addr => $pdu->{destination_addr}, destination_addr => $pdu->{source_addr},
                esm_class => 0x04, short_message => "id:$id sub:001 dlvrd:001 submit date:2607040630 done date:2607040631 stat:DELIVRD err:000 text:");
            $smpp->deliver_sm(source_addr => $pdu->{destination_addr}, destination_addr => $pdu->{source_addr},
                data_coding => 8, short_message => encode('UTF-16BE', decode('UTF-8', '１　０４：１０')));
        }
    }
    close $smpp;
}
